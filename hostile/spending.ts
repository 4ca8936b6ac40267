import type { Asker } from "./ask.ts";
import { jsonOf } from "./exchange.ts";

/** Seconds that a hold lasts: longer than any run, so that none expires in it. */
const EXPIRES_IN = 86_400;
const PATH = "/v1/customer-meters";

/**
 * A customer of which all clients of an organization spend at the same time, and what they were allowed to. Every request is repeated until
 * it is decided, so that its numbers are exact however often the server is killed.
 */
export class Spending {
  readonly #customer: string;
  readonly #meter: string;
  allowed = 0;
  denied = 0;
  /** Units of all events that were allowed. */
  consumed = 0;
  #credited = 0;
  /** What settlements cost beyond what was held for them: by so much the customer may be overdrawn. */
  #overage = 0;
  /** Units of the holds that are open. */
  #held = 0;

  constructor(customer: string, meter: string) {
    this.#customer = customer;
    this.#meter = meter;
  }

  /** Registers the customer. */
  async create(asker: Asker): Promise<void> {
    const json = { email: `${this.#customer}@example.com`, external_id: this.#customer };
    const answer = await asker.until("POST", "/v1/customers/", json, { key: `customer ${this.#customer}` });
    if (asker.require(201, "create a customer", answer)) asker.told.created++;
  }

  /** Credits some units. */
  async credit(asker: Asker, name: string): Promise<void> {
    const units = randomTo(300);
    const answer = await asker.until("POST", `${PATH}/credits`, { ...this.#subject(), units }, { key: name });
    if (!asker.require(201, "credit", answer)) return;
    this.#credited += units;
    asker.told.changed++;
  }

  /** Consumes some units if that many are left; an event that was denied must not be stored. */
  async consume(asker: Asker, name: string): Promise<void> {
    const cost = randomTo(50);
    const event = { name: "use", external_id: name, metadata: { v: cost } };
    const answer = await asker.until("POST", `${PATH}/consume`, { ...this.#subject(), event });
    if (!asker.require(200, "consume", answer)) return;
    if (this.#judge(asker, jsonOf(answer))) {
      this.consumed += cost;
      return;
    }
    const found = await asker.until("GET", `/v1/events/?external_id=${encodeURIComponent(name)}`);
    asker.compare("events of a denial", jsonOf(found).items.length, { least: 0, most: 0 });
  }

  /** Holds some units, and then settles the hold for more or less, releases it, or leaves it open. */
  async hold(asker: Asker, name: string): Promise<void> {
    const units = randomTo(100);
    const json = { ...this.#subject(), units, expires_in: EXPIRES_IN };
    const answer = await asker.until("POST", `${PATH}/holds`, json, { key: name });
    if (!asker.require(answer.status === 200 ? 200 : 201, "hold", answer)) return;
    if (!this.#judge(asker, jsonOf(answer))) return;
    const path = `${PATH}/holds/${jsonOf(answer).hold.id}`;
    const end = Math.random();
    if (end < 0.6) await this.#settle(asker, path, { name, units });
    else if (end < 0.9) asker.require(200, "release", await asker.until("POST", `${path}/release`));
    else this.#held += units;
  }

  async #settle(asker: Asker, path: string, { name, units }: { name: string; units: number }): Promise<void> {
    const cost = randomTo(units * 1.2);
    const event = { name: "use", external_id: name, metadata: { v: cost } };
    // Before it is sent: another client's answer may show it first.
    this.#overage += Math.max(0, cost - units);
    const answer = await asker.until("POST", `${path}/settle`, { event });
    if (!asker.require(200, "settle", answer)) return;
    this.consumed += cost;
    if (cost > units) asker.told.changed++;
    const again = await asker.until("POST", `${path}/settle`, { event });
    const { result } = asker.require(200, "settle again", again) ? jsonOf(again).event : { result: undefined };
    asker.compare("a second settlement's duplicates", result === "duplicate" ? 1 : 0, { least: 1, most: 1 });
  }

  /** Compares what is stored with what was allowed, when nothing else runs. */
  async verify(asker: Asker): Promise<void> {
    const query = `external_customer_id=${this.#customer}&meter_id=${this.#meter}`;
    const [found] = jsonOf(await asker.until("GET", `${PATH}/?${query}`)).items;
    const exactly = (what: string, number: number, expected: number) =>
      asker.compare(`${what} of ${this.#customer}`, number, { least: expected, most: expected });
    exactly("credited units", found?.credited_units, this.#credited);
    exactly("consumed units", found?.consumed_units, this.consumed);
    exactly("held units", found?.held_units, this.#held);
    const available = found?.balance - found?.held_units;
    asker.compare(`available units of ${this.#customer}`, available, { least: -this.#overage, most: Infinity });
  }

  #subject(): object {
    return { external_customer_id: this.#customer, meter_id: this.#meter };
  }

  #judge(asker: Asker, { allowed, available }: { allowed: boolean; available: number }): boolean {
    if (!allowed) this.denied++;
    else this.allowed++;
    // A repetition reads what is available now, and settlements that cost more than was held may have overdrawn it.
    if (allowed)
      asker.compare("available units of what was allowed", available, { least: -this.#overage, most: Infinity });
    return allowed;
  }
}

const randomTo = (most: number) => 1 + Math.floor(Math.random() * most);
