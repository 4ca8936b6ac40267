/** How many ids of one remark are kept as examples. */
const MAX_EXAMPLES = 3;

type Remark = { count: number; examples: string[] };

/** What an import did, and what it could not carry over: counts, with a few ids each, however many there are. */
export class Report {
  readonly #counts = new Map<string, number>();
  readonly #remarks = new Map<string, Remark>();

  /** Adds to a count, such as `events created`. */
  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  /** Notes that something of the item with this id was not carried over as it is, and why. */
  remark(what: string, id: string): void {
    const remark = this.#remarks.get(what) ?? { count: 0, examples: [] };
    remark.count++;
    if (remark.examples.length < MAX_EXAMPLES) remark.examples.push(id);
    this.#remarks.set(what, remark);
  }

  /** The report as text, one line per count and per remark. */
  text(): string {
    const counts = [...this.#counts].map(([what, count]) => `${count.toLocaleString("en")} ${what}`);
    const remarks = [...this.#remarks].map(([what, { count, examples }]) => {
      const more = count > examples.length ? ", …" : "";
      return `  ${count.toLocaleString("en")} × ${what} (${examples.join(", ")}${more})`;
    });
    const title = remarks.length === 0 ? "Everything can be carried over." : "Not carried over as it is:";
    return [...counts, title, ...remarks].join("\n");
  }
}
