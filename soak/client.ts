import { type Answer, ask, askUntil, problems } from "./ask.ts";
import { tokenOfOrganization } from "./organizations.ts";

/** A number that is at least what is certain, and at most what is possible: outcomes can be unknown. */
type Range = { least: number; most: number };

/** Creates a meter of the sum of `v` in events named use, once for each name, and returns its id. */
export async function createMeter(url: string, organization: string, name: string): Promise<string> {
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "use" }] };
  const body = { name, filter, aggregation: { func: "sum", property: "v" } };
  const answer = await askUntil(() => ask(url, tokenOfOrganization(organization), "POST", "/v1/meters/", body, name));
  return answer.json.id;
}

/** What an organization's clients share. */
export type Shared = { url: string; organization: string; meter: string };

/** One client: a customer of its own, and what it knows that its customer must have. */
export class Client {
  readonly customer: string;
  readonly #shared: Shared;
  /** The sum of `v` of its events. */
  readonly units: Range = { least: 0, most: 0 };
  readonly #credits: Range = { least: 0, most: 0 };
  readonly #token: string;
  #customerId = "";
  /** Events that were accepted, and meters that were created. */
  accepted = 0;
  meters = 0;
  /** Tokens that were deleted, and refused afterwards. */
  revoked = 0;
  #steps = 0;

  constructor(shared: Shared, name: string) {
    this.#shared = shared;
    this.customer = name;
    this.#token = tokenOfOrganization(shared.organization);
  }

  /** Sends one request after the other for as long as it may; what a stopped runtime leaves open is sent again. */
  async run(mayGoOn: () => boolean): Promise<void> {
    const body = { email: `${this.customer}@example.com`, external_id: this.customer };
    const created = await askUntil(() => this.#ask("POST", "/v1/customers/", body, `customer ${this.customer}`));
    this.#customerId = created.json.id;
    const actions = [
      () => this.#ingest(true),
      () => this.#ingest(true),
      () => this.#ingest(false),
      () => this.#credit(),
      () => this.#create(),
      () => this.#read(),
      () => this.#readState(),
      () => this.#revoke(),
      () => this.#list(),
    ];
    while (mayGoOn()) await actions[Math.floor(Math.random() * actions.length)]!();
  }

  /** Compares, when nothing else runs, what is stored with what must be. */
  async verify(): Promise<void> {
    await this.#read();
    await this.#readState();
    const answer = await this.#ask("GET", `/v1/meters/?limit=1&query=${encodeURIComponent(`of ${this.customer} `)}`);
    this.#compare("meters", answer?.json.pagination.total_count, { least: this.meters, most: this.meters });
  }

  #ask(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    return ask(this.#shared.url, this.#token, method, path, body, key);
  }

  /** Ingests some events; with external ids it is repeated until they are stored exactly once. */
  async #ingest(isRepeatable: boolean): Promise<void> {
    const step = this.#steps++;
    const events = Array.from({ length: 1 + Math.floor(Math.random() * 100) }, (_, index) => ({
      name: "use",
      external_customer_id: this.customer,
      ...(isRepeatable && { external_id: `${this.customer} ${step} ${index}` }),
      metadata: { v: 1 },
    }));
    this.units.most += events.length;
    const send = () => this.#ask("POST", "/v1/events/ingest", { events });
    const answer = isRepeatable ? await askUntil(send) : await send();
    if (answer?.status === 200) {
      this.units.least += events.length;
      this.accepted += events.length;
    } else if (answer !== null && answer.status < 500) problems.push(`ingest: ${answer.status}`);
  }

  async #credit(): Promise<void> {
    const step = this.#steps++;
    this.#credits.most += 2;
    const body = { external_customer_id: this.customer, meter_id: this.#shared.meter, units: 2 };
    const answer = await askUntil(() =>
      this.#ask("POST", "/v1/customer-meters/credits", body, `${this.customer} ${step}`),
    );
    if (answer.status === 201) this.#credits.least += 2;
    else problems.push(`credit: ${answer.status} ${JSON.stringify(answer.json)}`);
  }

  /** Creates a meter, now and then: each further one makes catching up longer. */
  async #create(): Promise<void> {
    if (this.#steps++ % 10 > 0) return;
    const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: this.customer }] };
    const body = { name: `of ${this.customer} `, filter, aggregation: { func: "count" } };
    const key = `${this.customer} meter ${this.#steps}`;
    const answer = await askUntil(() => this.#ask("POST", "/v1/meters/", body, key));
    if (answer.status === 201) this.meters++;
    else problems.push(`create: ${answer.status}`);
  }

  /** Creates a token, now and then, uses it and deletes it: from the answer on it must write nothing. */
  async #revoke(): Promise<void> {
    if (this.#steps++ % 5 > 0) return;
    const path = "/v1/organization-access-tokens/";
    const created = await this.#ask("POST", path, { comment: this.customer, scopes: ["events:write"] });
    if (created?.status !== 201) return;
    const { token, organization_access_token } = created.json;
    const events = [{ name: "revoked", external_customer_id: this.customer }];
    const write = () => ask(this.#shared.url, token, "POST", "/v1/events/ingest", { events });
    const first = await askUntil(write);
    if (first.status !== 200) problems.push(`a new token: ${first.status} ${JSON.stringify(first.json)}`);
    const deleted = await askUntil(() => this.#ask("DELETE", path + organization_access_token.id));
    if (deleted.status !== 204) problems.push(`delete: ${deleted.status}`);
    const late = await write();
    if (late !== null && late.status !== 401 && late.status !== 503) problems.push(`a deleted token: ${late.status}`);
    else this.revoked++;
  }

  async #read(): Promise<void> {
    const day = new Date().toISOString().slice(0, 10);
    const query = `start_timestamp=2026-01-01T00:00:00Z&end_timestamp=${day}T00:00:00Z&interval=month&external_customer_id=${this.customer}`;
    const before = this.units.least;
    const answer = await this.#ask("GET", `/v1/meters/${this.#shared.meter}/quantities?${query}`);
    if (answer?.status === 200) this.#compare("quantities", answer.json.total, { ...this.units, least: before });
  }

  async #readState(): Promise<void> {
    const [units, credits] = [this.units.least, this.#credits.least];
    const answer = await this.#ask("GET", `/v1/customers/${this.#customerId}/state`);
    if (answer?.status !== 200) return;
    const own = answer.json.active_meters.find(({ meter_id }: any) => meter_id === this.#shared.meter);
    this.#compare("consumed units", own?.consumed_units ?? 0, { ...this.units, least: units });
    this.#compare("credited units", own?.credited_units ?? 0, { ...this.#credits, least: credits });
  }

  async #list(): Promise<void> {
    await this.#ask("GET", `/v1/events/?limit=10&external_customer_id=${this.customer}`);
  }

  #compare(what: string, found: number, { least, most }: Range): void {
    if (found >= least && found <= most) return;
    problems.push(`${this.customer}: ${what} ${found}, expected ${least} to ${most}`);
  }
}
