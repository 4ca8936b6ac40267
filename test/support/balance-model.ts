/** What a meter of the model counts: every event, or a property. */
export type ModelAggregation = { func: "count" } | { func: "sum" | "max" | "min" | "avg" | "unique"; property: string };

type ModelMeter = ModelAggregation & { id: string };
type ModelEvent = { customer_id: string | null; external_customer_id: string | null; v: unknown };
type Entry = { kind: "credit"; units: number } | { kind: "reset" };
type Logged = ModelEvent | (Entry & { customer: string; meter: string });

/** Balances as one would compute them by hand: from the whole log, each time. */
export class BalanceModel {
  readonly #meters: ModelMeter[];
  readonly #log: Logged[] = [];
  /** The external id of each customer that is not deleted. */
  readonly #customers = new Map<string, string | null>();
  readonly #keys = new Set<string>();

  constructor(meters: ModelMeter[]) {
    this.#meters = meters;
  }

  addCustomer(id: string, externalId: string | null): void {
    this.#customers.set(id, externalId);
  }

  deleteCustomer(id: string): void {
    this.#customers.delete(id);
  }

  isFree(externalId: string | null): boolean {
    return externalId === null || ![...this.#customers.values()].includes(externalId);
  }

  /** Sets the external id of a customer that has none, if no other has it; returns whether it was set. */
  link(id: string, externalId: string): boolean {
    if (this.#customers.get(id) !== null || !this.isFree(externalId)) return false;
    this.#customers.set(id, externalId);
    return true;
  }

  ingest(events: ModelEvent[]): void {
    this.#log.push(...events);
  }

  /** Returns whether an idempotency key is new. */
  useKey({ key }: { key: string }): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    return true;
  }

  credit(customer: string, meter: string, units: number): void {
    this.#log.push({ kind: "credit", customer, meter, units });
  }

  reset(customer: string, meter: string, rollover: boolean): void {
    const left = Math.floor(Math.max(0, this.balances()[`${customer} ${meter}`]!.balance));
    this.#log.push({ kind: "reset", customer, meter });
    if (rollover && left > 0) this.credit(customer, meter, left);
  }

  /** The balance of each customer on each meter. */
  balances(): Record<string, { consumed_units: number; credited_units: number; balance: number }> {
    const pairs = [...this.#customers.keys()].flatMap((customer) => this.#meters.map((meter) => ({ customer, meter })));
    return Object.fromEntries(
      pairs.map(({ customer, meter }) => {
        const consumed = this.#consumed(customer, meter);
        const credited = this.#credited(customer, meter.id);
        return [
          `${customer} ${meter.id}`,
          { consumed_units: consumed, credited_units: credited, balance: credited - consumed },
        ];
      }),
    );
  }

  #sinceReset(customer: string, meter: string): Logged[] {
    const isReset = (each: Logged) =>
      "kind" in each && each.kind === "reset" && each.customer === customer && each.meter === meter;
    return this.#log.slice(this.#log.findLastIndex(isReset) + 1);
  }

  #credited(customer: string, meter: string): number {
    return this.#sinceReset(customer, meter).reduce((sum, each) => {
      const isOwn = "kind" in each && each.kind === "credit" && each.customer === customer && each.meter === meter;
      return isOwn ? Math.max(0, sum + each.units) : sum;
    }, 0);
  }

  #consumed(customer: string, { id, func }: ModelMeter): number {
    const externalId = this.#customers.get(customer) ?? null;
    const events = this.#sinceReset(customer, id).filter((each) => !("kind" in each)) as ModelEvent[];
    const own = events.filter(({ customer_id, external_customer_id }) =>
      customer_id === null ? externalId !== null && external_customer_id === externalId : customer_id === customer,
    );
    const numbers = own.map(({ v }) => v).filter((v) => typeof v === "number");
    const sum = numbers.reduce((a, b) => a + b, 0);
    if (func === "count") return own.length;
    if (func === "unique") return new Set(own.map(({ v }) => JSON.stringify(v))).size;
    if (numbers.length === 0 || func === "sum") return sum;
    if (func === "avg") return sum / numbers.length;
    return func === "max" ? Math.max(...numbers) : Math.min(...numbers);
  }
}
