import { setTimeout as wait } from "node:timers/promises";
import { ALERTS, createAlerts, type Trigger } from "./alerted.ts";
import type { Asker } from "./ask.ts";
import type { Client } from "./client.ts";
import { jsonOf } from "./exchange.ts";
import type { Receiver } from "./receiver.ts";

const ENDPOINTS = "/v1/webhooks/endpoints";
const TYPES = ["customer.created", "customer.state_changed", "alert.triggered"];
/** Milliseconds within which triggers and webhook events follow: a repetition comes after 30 s, as does the end of a dead server's lease. */
const PATIENCE = 120_000;

/** An organization's alerts and its webhook endpoint. */
export class Watching {
  readonly #asker: Asker;
  readonly #organization: string;
  readonly #meter: string;
  readonly #receiver: Receiver;
  #endpoint = "";
  #alerts: Awaited<ReturnType<typeof createAlerts>> | null = null;

  constructor(
    asker: Asker,
    { organization, meter, receiver }: { organization: string; meter: string; receiver: Receiver },
  ) {
    // prettier-ignore
    [this.#asker, this.#organization, this.#meter, this.#receiver] = [asker, organization, meter, receiver];
  }

  /** Creates them, before there are customers. */
  async create(): Promise<void> {
    const json = { url: this.#receiver.url + this.#organization, format: "raw", events: TYPES };
    this.#endpoint = jsonOf(await this.#asker.until("POST", ENDPOINTS, json)).id;
    this.#alerts = await createAlerts(this.#asker, this.#meter);
  }

  /**
   * Compares the triggers with the models of customers, and what arrived with the triggers and with what clients did, when nothing
   * else runs.
   * @param clients those of the organization
   * @param others the external ids of customers that were never reset
   */
  async verify(clients: readonly Client[], others: readonly string[]): Promise<void> {
    const begin = performance.now();
    const consumed = new Map<string, number>();
    for (const name of others) consumed.set(...(await this.#readConsumed(name)));
    const triggers = await this.#settle(async () => {
      const found = await this.#readTriggers();
      const ofModels = clients.flatMap(({ alerted }) => alerted.difference(found) ?? []);
      return { found, problems: [...ofModels, ...differencesOf(found, consumed)] };
    });
    await this.#settle(async () => {
      // A test also sends what is due, sooner than the schedule does.
      await this.#asker.once("POST", `${ENDPOINTS}/${this.#endpoint}/test`);
      return { found: null, problems: this.#compareArrivals([this.#asker, ...clients], triggers) };
    });
    const { report } = this.#asker;
    const { events } = this.#receiver.takenBy(this.#organization);
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    report.judge(
      triggers.length > 0,
      `${triggers.length} triggers, ${events.length} webhook events, the last ${seconds} s after the end`,
    );
  }

  /** Tries until there are no problems; reports those that are left. */
  async #settle<T>(look: () => Promise<{ found: T; problems: string[] }>): Promise<T> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const { found, problems } = await look();
      if (problems.length > 0 && Date.now() < end) {
        await wait(500);
        continue;
      }
      const { report } = this.#asker;
      if (problems.length === 0) report.passed++;
      for (const problem of problems) report.fail({ problems: [problem], label: this.#organization });
      return found;
    }
  }

  async #readTriggers(): Promise<Trigger[]> {
    const all: Trigger[] = [];
    for (const [basis, alert_id] of Object.entries(this.#alerts!)) {
      for (let page = 1, isLast = false; !isLast; page++) {
        const path = `/v1/alerts/${alert_id}/triggers?limit=100&page=${page}`;
        const { items, pagination } = jsonOf(await this.#asker.until("GET", path));
        for (const item of items) all.push({ ...item, basis, alert_id });
        isLast = page >= pagination.max_page;
      }
    }
    return all;
  }

  async #readConsumed(name: string): Promise<[id: string, consumed: number]> {
    const query = `external_customer_id=${name}&meter_id=${this.#meter}`;
    const [found] = jsonOf(await this.#asker.until("GET", `/v1/customer-meters/?${query}`)).items;
    return [found.customer_id, found.consumed_units];
  }

  /** How the events that arrived, each id once, differ from what happened. */
  #compareArrivals(askers: readonly Asker[], triggers: readonly Trigger[]): string[] {
    const { events, changed } = this.#receiver.takenBy(this.#organization);
    const ofType = (type: string, hasAlert: boolean) =>
      events.filter((event) => event.type === type && (event.alert !== undefined) === hasAlert);
    const created = askers.reduce((sum, { told }) => sum + told.created, 0);
    const changes = askers.reduce((sum, { told }) => sum + told.changed, 0);
    const keysOf = (all: any[][]) => JSON.stringify(all.map((each) => JSON.stringify(each)).toSorted());
    const expected = keysOf(triggers.map((each) => [each.alert_id, each.customer_id, each.thresholds, each.value]));
    const told = ofType("alert.triggered", false).map(({ data }) => [data.alert.id, data.customer.id, data.thresholds, data.value]); // prettier-ignore
    const states = ofType(TYPES[1]!, true).map(({ alert, data }) => [alert.id, data.id, alert.thresholds, alert.value]);
    const count = (what: string, is: number, wanted: number) => (is === wanted ? [] : [`${is} ${what}, expected ${wanted}`]); // prettier-ignore
    return [
      ...count("bodies of events changed", changed, 0),
      ...count("customers created", ofType(TYPES[0]!, false).length, created),
      ...count("states changed", ofType(TYPES[1]!, false).length, created + changes),
      ...count("alerts triggered", told.length, triggers.length),
      ...count("states with an alert", states.length, triggers.length),
      ...(told.length === triggers.length && keysOf(told) !== expected ? ["alerts told differ from triggers"] : []),
      ...(states.length === triggers.length && keysOf(states) !== expected ? ["states told differ from triggers"] : []),
    ];
  }
}

/** How the triggers of customers that were never reset differ from one for each threshold that their consumed units reach. */
function differencesOf(triggers: readonly Trigger[], consumed: Map<string, number>): string[] {
  return [...consumed].flatMap(([id, units]) => {
    const own = triggers.filter(({ customer_id, basis }) => customer_id === id && basis === "consumed_units");
    const found = own.flatMap(({ thresholds }) => thresholds).toSorted((a, b) => a - b);
    const expected = ALERTS.consumed_units.filter((threshold) => threshold <= units);
    const [is, wanted] = [found, expected].map((all) => all.join(", "));
    return is === wanted ? [] : [`${units} units triggered ${is}, expected ${wanted}`];
  });
}
