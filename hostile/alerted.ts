import type { Asker } from "./ask.ts";
import { jsonOf } from "./exchange.ts";

const PATH = "/v1/customer-meters";
/** So low that nothing is denied. */
const NO_MINIMUM = -1e9;

/** The alerts of an organization, for every customer on the meter that all clients share. */
export const ALERTS = {
  consumed_units: [20, 100, 300, 1000, 10_000],
  balance: [-50, 0, 40],
  consumed_percent: [50, 80, 100],
} as const;
type Basis = keyof typeof ALERTS;

/** Creates the alerts; returns their ids. */
export async function createAlerts(asker: Asker, meter_id: string): Promise<Record<Basis, string>> {
  const create = async (basis: Basis) => {
    const json = { name: basis, meter_id, basis, thresholds: ALERTS[basis] };
    return jsonOf(await asker.until("POST", "/v1/alerts", json, { key: `alert ${basis}` })).id as string;
  };
  return {
    consumed_units: await create("consumed_units"),
    balance: await create("balance"),
    consumed_percent: await create("consumed_percent"),
  };
}

/** A trigger as the API answers it, and its alert's basis. */
export type Trigger = { basis: Basis; alert_id: string; customer_id: string; thresholds: number[]; value: number; since: string | null }; // prettier-ignore

/**
 * A customer of one client, and a plain model of the thresholds that it reaches. Every request is repeated until it is carried out, so that
 * the model is exact however often the server is killed.
 */
export class Alerted {
  readonly #customer: string;
  readonly #meter: string;
  id = "";
  /** Units of all its events. */
  total = 0;
  #consumed = 0;
  #credited = 0;
  /** When the balance was last reset. */
  #since: string | null = null;
  /** The thresholds that are reached now, and all that have been since the beginning, by basis, threshold and reset. */
  #past = new Set<string>();
  readonly #reached: string[] = [];

  constructor(customer: string, meter: string) {
    this.#customer = customer;
    this.#meter = meter;
    this.#past = this.#findPast();
  }

  /** Registers the customer. */
  async create(asker: Asker): Promise<void> {
    const json = { email: `${this.#customer}@example.com`, external_id: this.#customer };
    const answer = await asker.until("POST", "/v1/customers/", json, { key: `customer ${this.#customer}` });
    if (asker.require(201, "create a customer", answer)) asker.told.created++;
    this.id = jsonOf(answer).id;
  }

  /** Ingests, consumes, credits or resets. */
  async step(asker: Asker, name: string): Promise<void> {
    const kind = Math.random();
    if (kind < 0.45) await this.#ingest(asker, name);
    else if (kind < 0.65) await this.#consume(asker, name);
    else if (kind < 0.93) await this.#credit(asker, name);
    else await this.#reset(asker, name);
  }

  async #ingest(asker: Asker, name: string): Promise<void> {
    const events = Array.from({ length: randomTo(3) }, (_, at) => ({
      ...eventOf(`${name} ${at}`, randomTo(20)),
      external_customer_id: this.#customer,
    }));
    const answer = await asker.until("POST", "/v1/events/ingest", { events });
    if (!asker.require(200, "ingest", answer)) return;
    this.#use(events.reduce((sum, { metadata }) => sum + metadata.v, 0));
  }

  async #consume(asker: Asker, name: string): Promise<void> {
    const event = eventOf(name, randomTo(20));
    const json = { ...this.#subject(), minimum_balance: NO_MINIMUM, event };
    if (!asker.require(200, "consume", await asker.until("POST", `${PATH}/consume`, json))) return;
    this.#use(event.metadata.v);
  }

  #use(units: number): void {
    this.total += units;
    this.#consumed += units;
    this.#note();
  }

  async #credit(asker: Asker, name: string): Promise<void> {
    const units = randomTo(60);
    const answer = await asker.until("POST", `${PATH}/credits`, { ...this.#subject(), units }, { key: name });
    if (!asker.require(201, "credit", answer)) return;
    asker.told.changed++;
    this.#credited += units;
    this.#note();
  }

  /** What is past a threshold after a reset counts as reached, without a trigger. */
  async #reset(asker: Asker, name: string): Promise<void> {
    const answer = await asker.until("POST", `${PATH}/resets`, this.#subject(), { key: name });
    if (!asker.require(201, "reset", answer)) return;
    asker.told.changed++;
    [this.#consumed, this.#credited, this.#since] = [0, 0, jsonOf(answer).modified_at];
    this.#past = this.#findPast();
  }

  #note(): void {
    const past = this.#findPast();
    for (const each of past) if (!this.#past.has(each)) this.#reached.push(`${each} since ${this.#since}`);
    this.#past = past;
  }

  #findPast(): Set<string> {
    const [consumed, credited] = [this.#consumed, this.#credited];
    const isPast: Record<Basis, (threshold: number) => boolean> = {
      consumed_units: (threshold) => consumed >= threshold,
      balance: (threshold) => credited - consumed <= threshold,
      consumed_percent: (threshold) => credited > 0 && (100 * consumed) / credited >= threshold,
    };
    return new Set(
      Object.entries(ALERTS).flatMap(([basis, thresholds]) =>
        thresholds.filter(isPast[basis as Basis]).map((threshold) => `${basis} ${threshold}`),
      ),
    );
  }

  /** How the triggers differ from those of the model, when nothing else runs; null if they do not. */
  difference(triggers: readonly Trigger[]): string | null {
    const own = triggers.filter(({ customer_id }) => customer_id === this.id);
    const found = own.flatMap(({ basis, thresholds, since }) =>
      thresholds.map((threshold) => `${basis} ${threshold} since ${since}`),
    );
    const [expected, actual] = [this.#reached, found].map((all) => JSON.stringify(all.toSorted()));
    return expected === actual ? null : `${this.#customer} triggered ${actual}, expected ${expected}`;
  }

  #subject(): object {
    return { external_customer_id: this.#customer, meter_id: this.#meter };
  }
}

const eventOf = (external_id: string, v: number) => ({ name: "use", external_id, metadata: { v } });
const randomTo = (most: number) => 1 + Math.floor(Math.random() * most);
