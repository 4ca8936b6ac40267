/** What a meter of the model counts: every event, or a property. */
export type ModelAggregation = { func: "count" } | { func: "sum" | "max" | "min" | "avg" | "unique"; property: string };

type ModelMeter = ModelAggregation & { id: string };
type ModelEvent = { customer_id: string | null; external_customer_id: string | null; v: unknown };
type Customer = { externalId: string | null; since: number; until: number };
type Entry = { kind: "credit"; units: number } | { kind: "reset" };
type Logged = ModelEvent | (Entry & { customer: string; meter: string }) | { kind: "erased" | "voided" };

/** Whether an event at a place of the log is a customer's. */
function isOwn(event: ModelEvent, place: number, id: string, { externalId, since, until }: Customer): boolean {
  if (event.customer_id !== null) return event.customer_id === id;
  return externalId !== null && event.external_customer_id === externalId && place >= since && place < until;
}

/** A simple model of balances, computed from the whole log each time. */
export class BalanceModel {
  readonly #meters: ModelMeter[];
  readonly #log: Logged[] = [];
  /** The external id of each customer that is not deleted, and from which place of the log on its events are the customer's. */
  readonly #customers = new Map<string, Customer>();
  /** The same of deleted customers. */
  readonly #former = new Map<string, Customer>();
  /** The position in the log when the last customer with an external id was deleted. */
  readonly #deletions = new Map<string, number>();
  readonly #keys = new Set<string>();

  constructor(meters: ModelMeter[]) {
    this.#meters = meters;
  }

  addCustomer(id: string, externalId: string | null): void {
    const since = externalId === null ? 0 : (this.#deletions.get(externalId) ?? 0);
    this.#customers.set(id, { externalId, since, until: Infinity });
  }

  deleteCustomer(id: string): void {
    const customer = this.#customers.get(id)!;
    if (customer.externalId !== null) this.#deletions.set(customer.externalId, this.#log.length);
    this.#customers.delete(id);
    this.#former.set(id, { ...customer, until: this.#log.length });
  }

  /** Erases the events of a deleted customer: their places in the log stay. */
  erase(id: string): void {
    const customer = this.#former.get(id)!;
    for (const [place, each] of this.#log.entries()) {
      if (!("kind" in each) && isOwn(each, place, id, customer)) this.#log[place] = { kind: "erased" };
    }
    this.#former.delete(id);
  }

  /** Voids the events at some places among all that were ingested. */
  void(places: number[]): void {
    const ingested = [...this.#log.entries()].filter(([, each]) => !("kind" in each) || each.kind === "voided");
    for (const place of places) this.#log[ingested[place]![0]] = { kind: "voided" };
  }

  isFree(externalId: string | null): boolean {
    return externalId === null || [...this.#customers.values()].every((customer) => customer.externalId !== externalId);
  }

  isUnlinked(id: string): boolean {
    return this.#customers.get(id)?.externalId === null;
  }

  /** Sets the external id of a customer that has none, if no other has it; returns whether it was set. */
  link(id: string, externalId: string): boolean {
    if (!this.isUnlinked(id) || !this.isFree(externalId)) return false;
    this.addCustomer(id, externalId);
    return true;
  }

  /** All events of a customer. */
  eventsOf(id: string): ModelEvent[] {
    return this.#events((each, place) => isOwn(each, place, id, this.#customers.get(id)!));
  }

  /** All events that an external id means: those of its customer, or all that ever carried it. */
  eventsOfText(externalId: string): ModelEvent[] {
    const [id] = [...this.#customers].find(([, customer]) => customer.externalId === externalId) ?? [];
    if (id !== undefined) return this.eventsOf(id);
    return this.#events(
      ({ customer_id, external_customer_id }) => customer_id === null && external_customer_id === externalId,
    );
  }

  /** All events of the organization. */
  allEvents(): ModelEvent[] {
    return this.#events(() => true);
  }

  #events(isWanted: (event: ModelEvent, place: number) => boolean): ModelEvent[] {
    return this.#log.flatMap((each, place) => ("kind" in each || !isWanted(each, place) ? [] : [each]));
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

  #sinceReset(customer: string, meter: string): [entry: Logged, place: number][] {
    const isReset = (each: Logged) =>
      "kind" in each && each.kind === "reset" && each.customer === customer && each.meter === meter;
    const first = this.#log.findLastIndex(isReset) + 1;
    return this.#log.slice(first).map((each, index) => [each, first + index]);
  }

  #credited(customer: string, meter: string): number {
    return this.#sinceReset(customer, meter).reduce((sum, [each]) => {
      const isCredit = "kind" in each && each.kind === "credit" && each.customer === customer && each.meter === meter;
      return isCredit ? Math.max(0, sum + each.units) : sum;
    }, 0);
  }

  #consumed(customer: string, { id, func }: ModelMeter): number {
    const owner = this.#customers.get(customer)!;
    const own = this.#sinceReset(customer, id).flatMap(([each, place]) =>
      "kind" in each || !isOwn(each, place, customer, owner) ? [] : [each],
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
