import { Alerted } from "./alerted.ts";
import { ACTIONS, CHECKS } from "./actions.ts";
import { Asker, type Range } from "./ask.ts";
import { jsonOf } from "./exchange.ts";
import type { OrganizationName } from "./principals.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";
import type { Spending } from "./spending.ts";

/** What the clients of an organization share. */
export type Shared = {
  server: Server;
  report: Report;
  organization: OrganizationName;
  meter: string;
  spending: Spending;
};

/** Creates a meter of the sum of `v` in events named use, once for each name, and returns its id. */
export async function createMeter(asker: Asker, name: string): Promise<string> {
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "use" }] };
  const json = { name, filter, aggregation: { func: "sum", property: "v" } };
  return jsonOf(await asker.until("POST", "/v1/meters/", json, { key: name })).id;
}

/** A client with its own customer, and the data that the customer must have. */
export class Client extends Asker {
  readonly organization: OrganizationName;
  readonly customer: string;
  customerId = "";
  readonly meter: string;
  /** The customer of which it spends together with the others. */
  readonly spending: Spending;
  /** Another customer of its own, which is also reset. */
  readonly alerted: Alerted;
  /** The sum of `v` of its events, its credits, and the meters that it has created. */
  readonly expected = { units: newRange(), credits: newRange(), meters: newRange() };
  /** Tokens that were deleted, and refused afterwards. */
  revoked = 0;
  #steps = 0;

  constructor({ server, report, organization, meter, spending }: Shared, customer: string) {
    super(server, report, customer, organization);
    this.organization = organization;
    this.customer = customer;
    this.meter = meter;
    this.spending = spending;
    this.alerted = new Alerted(`alerted-${customer}`, meter);
  }

  /** Carries out actions one after the other as long as it may; requests that a killed server left open are sent again. */
  async run(mayGoOn: () => boolean): Promise<void> {
    const json = { email: `${this.customer}@example.com`, external_id: this.customer };
    const created = await this.until("POST", "/v1/customers/", json, { key: `customer ${this.customer}` });
    this.customerId = jsonOf(created).id;
    this.told.created++;
    await this.alerted.create(this);
    const choices = ACTIONS.flatMap(({ weight, run }) => Array<typeof run>(weight).fill(run));
    while (mayGoOn()) await choices[Math.floor(Math.random() * choices.length)]!(this);
  }

  /** Compares the stored data with the expected data, when nothing else runs. */
  async verify(): Promise<void> {
    for (const check of CHECKS) await check(this);
  }

  /** A name that this client has not used. */
  newName(): string {
    return `${this.customer} ${this.#steps++}`;
  }
}

function newRange(): Range {
  return { least: 0, most: 0 };
}
