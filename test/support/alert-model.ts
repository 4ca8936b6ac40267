/** A customer of the model: its external id, the position of the log from which its events count, and what it has on each meter. */
type Customer = {
  externalId: string | null;
  since: number;
  pairs: { credited: number; resetSeq: number; seen: number }[];
};
type Event = { seq: number; customer: number | string; v: number };
type Func = "sum" | "avg" | "unique";
export type Basis = "consumed_units" | "balance" | "consumed_percent";

/** An alert of the model, and what customers have reached: sets of thresholds by the customer's number. */
export type ModelAlert = {
  meter: number;
  customer: number | null;
  basis: Basis;
  thresholds: number[];
  enabled: boolean;
  reached: Map<number, Set<number>>;
};

/** A plain model of alerts: what was reached is stored for each customer, and balances are computed from the log each time. */
export class AlertModel {
  readonly funcs: readonly Func[];
  readonly customers: (Customer | null)[] = [];
  readonly alerts: (ModelAlert | null)[] = [];
  /** The alert, the customer, the thresholds and the value of each trigger. */
  readonly triggers: [alert: number, customer: number, thresholds: number[], value: number][] = [];
  readonly #events: Event[] = [];
  readonly #deletions = new Map<string, number>();
  /** The number of the last event of the log. */
  seq = 0;

  constructor(funcs: readonly Func[]) {
    this.funcs = funcs;
  }

  ingest(events: [customer: number | string, v: number][]): void {
    for (const [customer, v] of events) this.#events.push({ seq: ++this.seq, customer, v });
  }

  #ownEvents(number: number, meter: number, upTo: number): Event[] {
    const { externalId, since, pairs } = this.customers[number]!;
    const { resetSeq } = pairs[meter]!;
    return this.#events.filter(
      ({ seq, customer }) =>
        seq <= upTo && seq > resetSeq && (customer === number || (customer === externalId && seq > since)),
    );
  }

  #consumed(number: number, meter: number, upTo: number): number {
    const values = this.#ownEvents(number, meter, upTo).map(({ v }) => v);
    if (this.funcs[meter] === "unique") return new Set(values).size;
    const sum = values.reduce((a, b) => a + b, 0);
    return this.funcs[meter] === "avg" && values.length > 0 ? sum / values.length : sum;
  }

  #valueOf(basis: Basis, consumed: number, credited: number): number | null {
    if (basis === "consumed_units") return consumed;
    if (basis === "balance") return credited - consumed;
    return credited > 0 ? (100 * consumed) / credited : null;
  }

  #past({ basis, thresholds }: ModelAlert, value: number | null): Set<number> {
    return new Set(value === null ? [] : thresholds.filter((t) => (basis === "balance" ? value <= t : value >= t)));
  }

  /** Compares a customer's balance as it is at a place of the log, unless a later one was compared. */
  evaluate(number: number, meter: number, upTo = this.seq, isSilent = false): void {
    const pair = this.customers[number]!.pairs[meter]!;
    if (upTo < pair.seen) return;
    pair.seen = upTo;
    const consumed = this.#consumed(number, meter, upTo);
    for (const [index, alert] of this.alerts.entries()) {
      if (alert?.meter !== meter || (alert.customer !== null && alert.customer !== number)) continue;
      const value = this.#valueOf(alert.basis, consumed, pair.credited);
      const past = this.#past(alert, value);
      const crossed = [...past].filter((t) => !(alert.reached.get(number)?.has(t) ?? false));
      if (crossed.length > 0 && alert.enabled && !isSilent)
        this.triggers.push([index, number, crossed.toSorted((a, b) => a - b), value!]);
      alert.reached.set(number, past);
    }
  }

  evaluateAll(number: number): void {
    for (const meter of this.funcs.keys()) this.evaluate(number, meter);
  }

  /** Compares what a catch-up of a meter from one place of the log to another does. */
  catchUp(meter: number, from: number, to: number): void {
    for (const [number, customer] of this.customers.entries()) {
      if (customer === null) continue;
      const { externalId, since } = customer;
      const isConcerned = this.#events.some(
        (event) =>
          event.seq > from &&
          event.seq <= to &&
          (event.customer === number || (event.customer === externalId && event.seq > since)),
      );
      if (isConcerned) this.evaluate(number, meter, to);
    }
  }

  addCustomer(externalId: string | null): void {
    const pairs = this.funcs.map(() => ({ credited: 0, resetSeq: 0, seen: 0 }));
    const number = this.customers.push({ externalId: null, since: 0, pairs }) - 1;
    // Before its events, nothing is consumed.
    for (const meter of this.funcs.keys()) this.evaluate(number, meter, 0, true);
    Object.assign(this.customers[number]!, { externalId, since: this.#sinceOf(externalId) });
    this.evaluateAll(number);
  }

  #sinceOf(externalId: string | null): number {
    return externalId === null ? 0 : (this.#deletions.get(externalId) ?? 0);
  }

  link(number: number, externalId: string): void {
    this.evaluateAll(number);
    Object.assign(this.customers[number]!, { externalId, since: this.#sinceOf(externalId) });
    this.evaluateAll(number);
  }

  deleteCustomer(number: number): void {
    const { externalId } = this.customers[number]!;
    if (externalId !== null) this.#deletions.set(externalId, this.seq);
    this.customers[number] = null;
    for (const alert of this.alerts) alert?.reached.delete(number);
  }

  credit(number: number, meter: number, units: number): void {
    const pair = this.customers[number]!.pairs[meter]!;
    this.seq++;
    this.evaluate(number, meter);
    pair.credited = Math.max(0, pair.credited + units);
    this.evaluate(number, meter);
  }

  reset(number: number, meter: number): void {
    const pair = this.customers[number]!.pairs[meter]!;
    this.seq += 2;
    this.evaluate(number, meter);
    Object.assign(pair, { credited: 0, resetSeq: this.seq - 1 });
    this.evaluate(number, meter, this.seq, true);
  }

  /** Adds an alert, or replaces one, on a meter whose events have been caught up. */
  arm(index: number, alert: Omit<ModelAlert, "reached"> | null): void {
    this.alerts[index] = alert && { ...alert, reached: new Map() };
    if (alert === null) return;
    for (const [number, customer] of this.customers.entries()) {
      if (customer === null) continue;
      const { credited } = customer.pairs[alert.meter]!;
      const value = this.#valueOf(alert.basis, this.#consumed(number, alert.meter, this.seq), credited);
      this.alerts[index]!.reached.set(number, this.#past(this.alerts[index]!, value));
    }
  }
}
