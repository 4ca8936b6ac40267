import type { NewEvent } from "../../src/events/event-json.ts";

/** The aggregation functions. */
export const FUNCTIONS = ["count", "sum", "max", "min", "avg", "unique"] as const;

type Ids = Pick<NewEvent, "customer_id" | "external_customer_id">;
type Hold = {
  units: number;
  expiresAt: number;
  ids: Ids;
  status: "open" | "settled" | "released";
  settlement?: string;
};

/** What one customer may still consume of one meter, as one would decide it by hand. */
export class EnforcementModel {
  now: number;
  readonly #func: (typeof FUNCTIONS)[number];
  #values: number[] = [];
  #credited = 0;
  readonly #holds: Hold[] = [];
  /** What is stored under an external id. */
  readonly #stored = new Map<string, string>();

  constructor(func: (typeof FUNCTIONS)[number], now: number) {
    this.#func = func;
    this.now = now;
  }

  standing() {
    const [consumed_units, credited_units, held_units] = [this.#consumed(), this.#credited, this.#held()];
    const balance = credited_units - consumed_units;
    return { consumed_units, credited_units, balance, held_units, available: balance - held_units };
  }

  credit(units: number): null {
    this.#credited = Math.max(0, this.#credited + units);
    return null;
  }

  reset(rollover: boolean): null {
    this.#credited = rollover ? Math.floor(Math.max(0, this.standing().balance)) : 0;
    this.#values = [];
    return null;
  }

  ingest(v: number): null {
    this.#values.push(v);
    return null;
  }

  /** Appends an event if at least `minimum` is available then. */
  consume(event: NewEvent, minimum: number) {
    const stored = this.#find(event);
    if (stored !== null) return { result: stored, required: 0, available: this.standing().available };
    const before = this.standing();
    this.#append(event);
    const after = this.standing();
    const required = after.consumed_units - before.consumed_units;
    if (after.available >= minimum) return { result: "inserted", required, available: after.available };
    this.#values.pop();
    if (event.external_id !== null) this.#stored.delete(event.external_id);
    return { result: "denied", required, available: before.available };
  }

  hold({ units, minutes, minimum, ids }: { units: number; minutes: number; minimum: number; ids: Ids }) {
    const { available } = this.standing();
    if (available - units < minimum) return { allowed: false, available };
    this.#holds.push({ units, expiresAt: this.now + minutes * 60_000, ids, status: "open" });
    return { allowed: true, available: available - units };
  }

  settle(at: number, sent: Omit<NewEvent, keyof Ids>) {
    const hold = this.#holds[at]!;
    const settlement = JSON.stringify(sent);
    if (hold.status === "settled" && hold.settlement === settlement) {
      return { result: "duplicate", required: 0, available: this.standing().available };
    }
    if (hold.status !== "open") return "conflict";
    Object.assign(hold, { status: "settled", settlement });
    return this.consume({ ...sent, ...hold.ids }, -Infinity);
  }

  release(at: number): string {
    const hold = this.#holds[at]!;
    if (hold.status === "settled") return "conflict";
    return (hold.status = "released");
  }

  #append(event: NewEvent): void {
    if (event.external_id !== null) this.#stored.set(event.external_id, JSON.stringify(event));
    this.#values.push((event.metadata as { v: number }).v);
  }

  #find({ external_id, ...event }: NewEvent): "duplicate" | "duplicate_differs" | null {
    const stored = external_id === null ? undefined : this.#stored.get(external_id);
    if (stored === undefined) return null;
    const { external_id: _, ...other } = JSON.parse(stored) as NewEvent;
    const text = (each: object) => JSON.stringify(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return text(event) === text(other) ? "duplicate" : "duplicate_differs";
  }

  #held(): number {
    const open = this.#holds.filter(({ status, expiresAt }) => status === "open" && expiresAt > this.now);
    return open.reduce((sum, { units }) => sum + units, 0);
  }

  #consumed(): number {
    const values = this.#values;
    const sum = values.reduce((a, b) => a + b, 0);
    if (this.#func === "count") return values.length;
    if (this.#func === "unique") return new Set(values).size;
    if (values.length === 0 || this.#func === "sum") return sum;
    if (this.#func === "avg") return sum / values.length;
    return this.#func === "max" ? Math.max(...values) : Math.min(...values);
  }
}
