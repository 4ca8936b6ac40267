import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { runCron } from "../../src/jobs/cron.ts";
import { openStore } from "../../src/store/open.ts";
import type { Written } from "../../src/store/store.ts";
import { sendingAfterWrites } from "../../src/webhooks/after-writes.ts";
import { deliver } from "../../src/webhooks/deliver.ts";
import { putTest } from "../../src/webhooks/endpoints.ts";
import { dropOldest, forgetEvents } from "../../src/webhooks/upkeep.ts";
import { NOBODY, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { type Answering, receive, setUpWebhooks } from "../support/receiver.ts";
import { countRows, decorated, execute, HOME, storeOf } from "../support/stores.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const SCHEDULE = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR];
const START = Date.parse("2026-01-31T12:00:00Z");

/** An endpoint that wants new customers only, a clock, and what is sent when it is due; `random` decides how times vary. */
async function setUp(answering: Answering, random = 0.5) {
  let now = START;
  vi.setSystemTime(now);
  vi.spyOn(Math, "random").mockReturnValue(random);
  const received = receive(answering);
  const set = await setUpWebhooks();
  const endpoint = await set.endpoint({ events: ["customer.created"] });
  const send = () => deliver([storeOf()], new Budget({}, () => now), { env, fetch, random: () => random });
  const pass = async (milliseconds: number) => {
    now += milliseconds;
    vi.setSystemTime(now);
    await send();
  };
  const get = async () => (await set.send("GET", `/v1/webhooks/endpoints/${endpoint.id}`)).json;
  return { ...set, received, endpoint, pass, get };
}

describe("A delivery that fails", () => {
  it.for([0, 0.5, 1])(
    "is repeated as it was, in growing intervals that vary by 10 per cent: %s",
    async (random, { expect }) => {
      const { received, customer, pass, deliveries, send } = await setUp(() => 500, random);
      const { id } = await customer("a@example.com");
      await send("PATCH", `/v1/customers/${id}`, { name: "Another" });
      for (const [index, wait] of SCHEDULE.entries()) {
        const varied = Math.round(wait * (0.9 + 0.2 * random));
        await pass(varied - 1);
        expect(received).toHaveLength(index + 1);
        await pass(1);
        expect(received).toHaveLength(index + 2);
      }
      await pass(3 * DAY);
      expect(received).toHaveLength(10);
      expect(new Set(received.map((each) => `${each.id} ${each.body}`)).size).toBe(1);
      const stamps = received.map(({ headers }) => Number(headers.get("webhook-timestamp")));
      expect(stamps.map((stamp) => stamp * 1000)).not.toContain(NaN);
      expect(new Set(stamps).size).toBe(10);
      const listed = await deliveries();
      expect(listed).toHaveLength(10);
      expect(listed[0]).toMatchObject({ succeeded: false, http_code: 500, response: "no", webhook_event: { succeeded: false } }); // prettier-ignore
    },
  );

  it("waits as long as Retry-After says, if that is longer, and a day at most", async ({ expect }) => {
    const waits = ["120", new Date(START + 2 * HOUR).toUTCString(), "999999", "5", "x"];
    let asked = 0;
    const { received, customer, pass } = await setUp(() => {
      return new Response("busy", { status: 503, headers: { "Retry-After": waits[asked++] ?? "0" } });
    });
    await customer("a@example.com");
    for (const wait of [120 * SECOND, 2 * HOUR - 120 * SECOND, DAY, 30 * MINUTE, HOUR]) {
      const before = received.length;
      await pass(wait - 1);
      expect(received).toHaveLength(before);
      await pass(1);
      expect(received).toHaveLength(before + 1);
    }
  });

  it.for([301, 302, 307, 400, 404, 500])(
    "is one that is answered with %s; nothing is followed",
    async (status, { expect }) => {
      const answer = new Response(null, { status, headers: { Location: "https://elsewhere.example.com/" } });
      const { received, customer, deliveries } = await setUp(() => answer);
      await customer("a@example.com");
      expect(received).toHaveLength(1);
      expect((await deliveries())[0]).toMatchObject({ succeeded: false, http_code: status });
      expect(vi.mocked(fetch).mock.calls[0]![1]).toMatchObject({ redirect: "manual" });
    },
  );

  it("is one without an answer in time, of which 1,000 characters are kept", async ({ expect }) => {
    const { customer, deliveries } = await setUp(() => new Response("é".repeat(5000), { status: 500 }));
    await customer("a@example.com");
    expect((await deliveries())[0].response).toBe("é".repeat(1000));
    vi.mocked(fetch).mockImplementation((_, init) => new Promise((_resolve, reject) => init!.signal!.addEventListener("abort", () => reject(new Error("aborted"))))); // prettier-ignore
    const sending = { env, fetch, timeout: 20 };
    await deliver([storeOf()], new Budget({}, () => START + 40 * SECOND), sending);
    const body = new ReadableStream({ pull: () => new Promise(() => undefined) });
    vi.mocked(fetch).mockImplementation(async () => new Response(body));
    await deliver([storeOf()], new Budget({}, () => START + 4 * MINUTE), sending);
    const [endless, silent] = await deliveries();
    for (const each of [endless, silent]) expect(each).toMatchObject({ succeeded: false, http_code: null, response: "There was no answer within 0.02 seconds." }); // prettier-ignore
  });

  it("leaves no timer behind, for which an object would wait", async ({ expect }) => {
    const { customer } = await setUp(() => 500);
    const [begun, ended] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")];
    const signals = vi.spyOn(AbortSignal, "timeout");
    await customer("a@example.com");
    const timers = begun.mock.calls.flatMap(([, delay], i) => (delay === 10_000 ? [begun.mock.results[i]!.value] : []));
    expect(timers).toHaveLength(1);
    expect(ended.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(timers));
    expect(signals).not.toHaveBeenCalled();
  });

  it("does not hold up those after it, which arrive in order", async ({ expect }) => {
    const { received, customer, pass } = await setUp(({ data }) => (data.email === "0@example.com" && received.length < 6 ? 500 : 204)); // prettier-ignore
    for (let i = 0; i < 5; i++) await customer(`${i}@example.com`);
    await pass(MINUTE);
    expect(received.map(({ data }) => data.email[0]).join("")).toBe("012340");
  });

  it("disables the endpoint after ten in a row, or at once by a 410, and says so in the log", async ({ expect }) => {
    const { received, customer, pass, get, send, endpoint } = await setUp(() => 500);
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (let i = 0; i < 10; i++) await customer(`${i}@example.com`);
    for (const wait of SCHEDULE.slice(0, -1)) await pass(wait);
    expect((await get()).enabled).toBe(true);
    await pass(SCHEDULE.at(-1)!);
    expect((await get()).enabled).toBe(false);
    const line = { level: "error", error: "WebhookEndpointDisabled", organization_id: ORGANIZATION, webhook_endpoint_id: endpoint.id }; // prettier-ignore
    expect(log.mock.calls.map(([text]) => JSON.parse(text))).toEqual([{ ...line, cause: "10 failed deliveries" }]);
    const sent = received.length;
    await customer("unsent@example.com");
    await send("PATCH", `/v1/webhooks/endpoints/${endpoint.id}`, { enabled: true });
    vi.mocked(fetch).mockImplementation(async () => new Response("gone", { status: 410 }));
    await customer("gone@example.com");
    expect([received.length, vi.mocked(fetch).mock.calls.length]).toEqual([sent, sent + 1]);
    expect((await get()).enabled).toBe(false);
    expect(JSON.parse(log.mock.calls.at(-1)![0])).toEqual({ ...line, cause: "status 410" });
  });

  it("is the last one that an endpoint gets which answers 410, also to a test", async ({ expect }) => {
    let status = 500;
    const { received, customer, pass, get, send, endpoint } = await setUp(() => status);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (let i = 0; i < 3; i++) await customer(`${i}@example.com`);
    expect(received).toHaveLength(3);
    status = 410;
    await pass(MINUTE);
    expect([received.length, (await get()).enabled]).toEqual([4, false]);
    const enable = () => send("PATCH", `/v1/webhooks/endpoints/${endpoint.id}`, { enabled: true });
    for (const length of [5, 6]) {
      await enable();
      await pass(0);
      expect(received).toHaveLength(length);
    }
    await enable();
    await send("POST", `/v1/webhooks/endpoints/${endpoint.id}/test`);
    expect([received.length, (await get()).enabled]).toEqual([7, false]);
  });
});

describe("Sending", () => {
  it("is done by one invocation at a time for an endpoint, which keeps no other from its turn when it ends", async ({
    expect,
  }) => {
    const { received, customer, pass, deliveries } = await setUp(() => 204);
    let answer: (response: Response) => void = () => undefined;
    vi.mocked(fetch).mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const slow = customer("a@example.com");
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(1));
    await pass(29 * SECOND);
    expect(fetch).toHaveBeenCalledTimes(1);
    await pass(SECOND);
    expect(received).toHaveLength(1);
    answer(new Response(null, { status: 500 }));
    await slow;
    expect(await deliveries()).toMatchObject([{ succeeded: true, webhook_event: { succeeded: true } }]);
  });

  it("sends what was put just as it ended", async ({ expect }) => {
    const { received, endpoint } = await setUp(() => 204);
    const work: Promise<void>[] = [];
    let isLate = false;
    const open = decorated(async (carryOut, [first]) => {
      const result = await carryOut();
      // The last claim finds nothing to send.
      if (first!.includes("SET lease =") && (result as Written[])[1]!.rows.length === 0 && !isLate) {
        isLate = true;
        await putTest(store, endpoint.id, START);
      }
      return result;
    });
    const store = sendingAfterWrites(open, (sending) => work.push(sending))(env, HOME);
    await putTest(store, endpoint.id, START);
    await Promise.all(work);
    expect([isLate, received.length]).toEqual([true, 2]);
  });

  it("sends what an ended invocation has left, by the schedule of all organizations", async ({ expect }) => {
    const received = receive(() => new Error("the invocation ends"));
    const [mine, theirs] = [await setUpWebhooks(), await setUpWebhooks(OTHER_ORGANIZATION)];
    for (const { endpoint, customer } of [mine, theirs]) {
      await endpoint();
      await customer("a@example.com");
    }
    const before = received.length;
    vi.mocked(fetch).mockRestore();
    const later = receive();
    await runCron(env, openStore, () => Date.now() + MINUTE);
    expect(later.map(({ id }) => id).toSorted()).toEqual(received.map(({ id }) => id).toSorted());
    expect([before, later.length]).toEqual([4, 4]);
  });

  it("reaches ten endpoints of which six never answer, and another organization, without waiting for those", async ({
    expect,
  }) => {
    const received = receive(({ url }) => (url.includes("dead") ? new Promise(() => undefined) : 204));
    const hanging = vi.mocked(fetch).getMockImplementation()!;
    vi.mocked(fetch).mockImplementation((url, init) => Promise.race([
      hanging(url, init),
      new Promise<never>((_, reject) => init!.signal!.addEventListener("abort", () => reject(new Error("aborted")))),
    ])); // prettier-ignore
    const { send, endpoint } = await setUpWebhooks();
    const theirs = await setUpWebhooks(OTHER_ORGANIZATION);
    for (const name of ["dead", "well"]) {
      const many = name === "dead" ? 6 : 4;
      for (let i = 0; i < many; i++)
        await endpoint({ url: `https://${name}.example.com/${i}`, events: ["customer.created"] });
    }
    await theirs.endpoint({ url: "https://theirs.example.com/", events: ["customer.created"] });
    const stores = [storeOf(), storeOf(OTHER_ORGANIZATION)];
    await execute(sql`UPDATE webhook_endpoints SET is_healthy = instr(url, 'dead') = 0`);
    await execute(sql`UPDATE webhook_endpoints SET is_healthy = 1 WHERE instr(url, 'dead') = 0`, OTHER_ORGANIZATION);
    vi.mocked(fetch).mockClear();
    // Nothing is sent by these requests: every endpoint is leased meanwhile.
    for (const organization of [ORGANIZATION, OTHER_ORGANIZATION])
      await execute(sql`UPDATE webhook_endpoints SET leased_until = ${Date.now() + HOUR}`, organization);
    for (let i = 0; i < 3; i++) await send("POST", "/v1/customers/", { email: `${i}@example.com` });
    await theirs.customer("a@example.com");
    for (const organization of [ORGANIZATION, OTHER_ORGANIZATION])
      await execute(sql`UPDATE webhook_endpoints SET leased_until = 0`, organization);
    let dead = 0;
    await deliver(stores, new Budget(), { env, fetch, timeout: 60 });
    for (const { url } of received) {
      if (url.includes("dead")) dead++;
      else expect(dead).toBe(0);
    }
    expect(received.filter(({ url }) => url.includes("well"))).toHaveLength(12);
    expect(received.filter(({ url }) => url.includes("theirs"))).toHaveLength(1);
    expect(dead).toBeGreaterThan(0);
  });
});

describe("The schedule", () => {
  it("sends more than its share of statements allows, if the other jobs have nothing to do", async ({ expect }) => {
    const received = receive(() => 204);
    const { endpoint, customer } = await setUpWebhooks();
    await endpoint({ events: ["customer.created"] });
    // Nothing is sent by these requests: the endpoint is leased meanwhile.
    await execute(sql`UPDATE webhook_endpoints SET leased_until = ${Date.now() + HOUR}`);
    for (let i = 0; i < 40; i++) await customer(`${i}@example.com`);
    await execute(sql`UPDATE webhook_endpoints SET leased_until = 0`);
    await runCron(env, openStore);
    expect(received.map(({ data }) => data.email)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}@example.com`));
  });
});

describe("POST /v1/webhooks/events/{id}/redeliver", () => {
  const redeliver = (id: string) => `/v1/webhooks/events/${id}/redeliver`;

  it("sends the same again to every enabled endpoint that names the type now", async ({ expect }) => {
    const { received, customer, send, endpoint } = await setUp(() => 204);
    await customer("a@example.com");
    const [first] = received;
    const others = [{ events: ["customer.created"] }, { events: ["customer.deleted"] }];
    for (const [i, more] of others.entries())
      await send("POST", "/v1/webhooks/endpoints", { url: `https://b.example.com/${i}`, format: "raw", ...more });
    expect((await send("POST", redeliver(first!.id))).status).toBe(202);
    const again = new Set(received.slice(1).map(({ url, id, body }) => [url, id, body].join(" ")));
    const { id, body, url } = first!;
    expect(again).toEqual(new Set([url, "https://b.example.com/0"].map((to) => [to, id, body].join(" "))));
    for (const { id: each } of (await send("GET", "/v1/webhooks/endpoints")).json.items)
      await send("PATCH", `/v1/webhooks/endpoints/${each}`, { enabled: false });
    expect((await send("POST", redeliver(id))).status).toBe(409);
    expect((await send("POST", redeliver(NOBODY))).status).toBe(404);
    void endpoint;
  });

  it("is refused after the payload was deleted: 30 days after the last attempt, and the event after 90", async ({
    expect,
  }) => {
    const { received, customer, send, deliveries } = await setUp(() => 204);
    await customer("a@example.com");
    const { id } = received[0]!;
    expect(await forgetEvents(storeOf(), START + 30 * DAY)).toEqual({ hasMore: false, isLeft: true });
    expect((await deliveries())[0].webhook_event).toMatchObject({ is_archived: false, payload: received[0]!.body });
    await forgetEvents(storeOf(), START + 30 * DAY + 1);
    expect((await deliveries())[0].webhook_event).toMatchObject({ is_archived: true, payload: null, succeeded: true });
    expect((await send("POST", redeliver(id))).status).toBe(409);
    await forgetEvents(storeOf(), START + 90 * DAY);
    expect(await deliveries()).toHaveLength(1);
    await forgetEvents(storeOf(), START + 90 * DAY + 1);
    for (const table of ["webhook_events", "webhook_deliveries", "webhook_attempts"])
      expect(await countRows(table)).toBe(0);
  });
});

describe("Erasing a customer", () => {
  it.for(["anonymize=true", "events=true"])("removes its payloads and answers, and tells so without personal data: %s", async (query, { expect }) => {
    const received = receive(() => new Response("hello Ada", { status: 500 }));
    const { customer, endpoint, send, deliveries } = await setUpWebhooks();
    await endpoint();
    const { id } = await customer("ada@example.com", { name: "Ada" });
    await customer("b@example.com", { name: "Bob" });
    await send("DELETE", `/v1/customers/${id}?${query}`);
    const told = received.slice(4);
    expect(told.map(({ type }) => type)).toEqual(["customer.deleted", "customer.state_changed"]);
    for (const { body, data } of told) {
      expect(data).toMatchObject({ id, email: "", name: null, deleted_at: expect.any(String) });
      expect(body).not.toContain("Ada");
    }
    await deliver([storeOf()], new Budget({}, () => Date.now() + MINUTE), { env, fetch });
    expect(received.slice(6).map(({ data }) => data.email as string).toSorted((a, b) => a.localeCompare(b))).toEqual(["", "", "b@example.com", "b@example.com"]); // prettier-ignore
    const listed = await deliveries();
    const ofAda = listed.filter(({ webhook_event }: any) => webhook_event.is_archived);
    expect(ofAda).toMatchObject([1, 2].map(() => ({ response: null, webhook_event: { payload: null, skipped: true } })));
    expect(JSON.stringify(await deliveries("&query=ada@example.com"))).toBe("[]");
  }); // prettier-ignore
});

describe("Too many events that wait", () => {
  it("are given up, the oldest first, and are listed as failed and logged", async ({ expect }) => {
    const { customer, deliveries, pass, received } = await setUp(() => 500);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (let i = 0; i < 4; i++) await customer(`${i}@example.com`);
    await dropOldest(storeOf(), new Budget(), 4);
    expect(error).not.toHaveBeenCalled();
    await dropOldest(storeOf(), new Budget(), 2);
    expect(error.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", error: "WebhookEventsDropped", organization_id: ORGANIZATION, webhook_deliveries: 2 },
    ]);
    const dropped = (await deliveries("&query=Given up")).map(({ webhook_event }: any) => webhook_event);
    expect(dropped).toMatchObject([
      { skipped: true, succeeded: false },
      { skipped: true, succeeded: false },
    ]);
    await pass(MINUTE);
    expect(received.slice(4).map(({ data }) => data.email)).toEqual(["2@example.com", "3@example.com"]);
  });
});
