import { describe, it, vi } from "vitest";
import { call, grant, METER, problems, storedMeters } from "../support/api.ts";

const TEXT = JSON.stringify(METER);
const send = async (body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) =>
  call("POST", "/v1/meters/", { token: await grant(), body, headers });
const bytes = (...parts: (string | number)[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [part])));

const gzip = async (body: string | Uint8Array | ReadableStream): Promise<Uint8Array> => {
  const compressed = new Response(body).body!.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
};
const ingest = async (body: string | Uint8Array | ReadableStream, encoding = "gzip") =>
  call("POST", "/v1/events/ingest", { token: await grant(), body, headers: { "Content-Encoding": encoding } });
const event = (metadata: object) => ({ name: "e", external_customer_id: "c", metadata });

describe("The body of an ingestion", () => {
  const events = JSON.stringify({ events: Array.from({ length: 2000 }, (_, n) => event({ n, é: "日😀" })) });

  it.for(["gzip", "GZIP", "x-gzip"])("may be compressed: Content-Encoding: %s", async (encoding, { expect }) => {
    expect((await ingest(await gzip(events), encoding)).json).toEqual({ inserted: 2000, duplicates: 0 });
  });

  it("may be compressed and in chunks, or have no encoding by name", async ({ expect }) => {
    const whole = await gzip(events);
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < whole.length; at += 1000) controller.enqueue(whole.slice(at, at + 1000));
        controller.close();
      },
    });
    expect((await ingest(chunks)).json).toEqual({ inserted: 2000, duplicates: 0 });
    expect((await ingest(events, "Identity")).json).toEqual({ inserted: 2000, duplicates: 0 });
  });

  it.for(["br", "deflate", "zstd", "gzip, gzip", "*"])("is refused with 415 in another encoding: %s", async (encoding, { expect }) => {
    const answer = await ingest(events, encoding);
    expect([answer.status, answer.json.error]).toEqual([415, "UnsupportedMediaType"]);
    expect(answer.json.detail).toContain("gzip");
  }); // prettier-ignore

  it("is refused with 400 when it is not gzip, not all of it, damaged or followed by something", async ({ expect }) => {
    const whole = await gzip(events);
    const damaged = whole.slice();
    damaged[damaged.length - 6]! ^= 1;
    for (const body of [
      events,
      new Uint8Array(0),
      whole.slice(0, -1),
      whole.slice(0, whole.length / 2),
      damaged,
      new Uint8Array([...whole, 0]),
      new Uint8Array([...whole, ...whole]),
    ]) {
      const answer = await ingest(body);
      expect([answer.status, answer.json.error]).toEqual([400, "BadRequest"]);
      expect(answer.json.detail).toContain("exactly one, with nothing after it");
    }
    expect(problems(await ingest(await gzip("{")))).toEqual(["body json_invalid"]);
    expect((await ingest(await gzip(bytes(0xff)))).status).toBe(400);
  });

  it("is refused with 413 when it is larger than 8 MiB after it was decompressed, before it is all there", async ({
    expect,
  }) => {
    const most = 8 * 1024 * 1024;
    const padded = (size: number) => gzip(`{"events":[]}${" ".repeat(size - 13)}`);
    expect((await ingest(await padded(most))).json).toEqual({ inserted: 0, duplicates: 0 });
    const above = await ingest(await padded(most + 1));
    expect([above.status, above.json.error]).toEqual([413, "RequestBodyTooLarge"]);
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const bomb = await gzip(
      new ReadableStream({
        pull: (controller) => (sent++ < 96 ? controller.enqueue(chunk) : controller.close()),
      }),
    );
    const write = vi.spyOn(WritableStreamDefaultWriter.prototype, "write");
    expect((await ingest(bomb)).status).toBe(413);
    const taken = write.mock.calls.reduce((sum, [part]) => sum + part.length, 0);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(bomb.length / 2);
  });
});

describe("The body of a request", () => {
  it.for(["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", "application/json;"])(
    "is read as %s",
    async (type, { expect }) => {
      expect((await send(TEXT, { "Content-Type": type })).status).toBe(201);
    },
  );

  it.for(["text/plain", "application/", "*/*", "multipart/form-data; boundary=x", "application/jsonx", "text/json"])(
    "is refused as %s with 415, before its syntax",
    async (type, { expect }) => {
      const answer = await send("{", { "Content-Type": type });
      expect(answer.status).toBe(415);
      expect(answer.json.error).toBe("UnsupportedMediaType");
      expect(answer.json.detail).toContain("application/json");
    },
  );

  it("is refused with 415 when it is compressed and is not one of events", async ({ expect }) => {
    expect((await send(await gzip(TEXT), { "Content-Encoding": "gzip" })).status).toBe(415);
    expect((await send(TEXT, { "Content-Encoding": "identity" })).status).toBe(201);
  });

  it("may begin with one byte order mark", async ({ expect }) => {
    expect((await send(bytes(0xef, 0xbb, 0xbf, TEXT))).status).toBe(201);
    const twice = await send(bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, TEXT));
    expect(problems(twice)).toEqual(["body json_invalid"]);
  });

  it("is refused with 400 when it is not UTF-8", async ({ expect }) => {
    for (const body of [bytes(0xff, 0xfe), bytes('{"name":"', 0xed, 0xa0, 0x80, '"}'), bytes(0xc0, 0xaf)]) {
      const answer = await send(body);
      expect(answer.status).toBe(400);
      expect(answer.json.error).toBe("BadRequest");
    }
  });

  it.for(["", "null", " null "])("is missing when it is “%s”", async (body, { expect }) => {
    expect(problems(await send(body))).toEqual(["body missing"]);
  });

  it("is refused with 413 above 1 MiB, with and without a Content-Length", async ({ expect }) => {
    const pad = (size: number) => TEXT + " ".repeat(size - TEXT.length);
    expect((await send(pad(1024 * 1024))).status).toBe(201);
    const large = await send(pad(1024 * 1024 + 1));
    expect(large.status).toBe(413);
    expect(large.json).toEqual({ error: "RequestBodyTooLarge", detail: "The body is larger than 1048576 bytes." });
    const chunk = new TextEncoder().encode(" ".repeat(64 * 1024));
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        if (sent++ < 40) controller.enqueue(chunk);
        else controller.close();
      },
    });
    expect((await send(endless)).status).toBe(413);
    expect(await storedMeters()).toBe(1);
  });

  it.for([
    ['{"name":}', "line 1, column 9"],
    ['{"name":"abc",}', "line 1, column 15"],
    ["{'name':1}", "line 1, column 2"],
    ['{"é日😀":1,\n "b": x}', "line 2, column 7"],
    ['{"a":01}', "line 1, column 6"],
    ['{"a":.5}', "line 1, column 6"],
    ['{"a":"\t"}', "line 1, column 6"],
    ['{"a":"\\x"}', "line 1, column 6"],
    ["NaN", "line 1, column 1"],
    ["[1 2]", "line 1, column 4"],
    ["[1,]", "line 1, column 4"],
    ['{"a" 1}', "line 1, column 6"],
    ["{} {}", "line 1, column 4"],
    ["[}", "line 1, column 2"],
    ['{"a":[1', "line 1, column 8"],
    ["\f{}", "line 1, column 1"],
    ["/* x */ {}", "line 1, column 1"],
  ] as const)("is no JSON: %s, which the message locates", async ([body, place], { expect }) => {
    const answer = await send(body);
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(["body json_invalid"]);
    expect(answer.json.detail[0].msg).toContain(place);
  });

  it("takes the last of equal keys", async ({ expect }) => {
    const answer = await send(TEXT.replace("{", '{"name":5,'));
    expect([answer.status, answer.json.name]).toEqual([201, METER.name]);
  });

  it("that breaks off is the caller's failure, not the service's", async ({ expect }) => {
    const log = vi.spyOn(console, "log");
    let sent = false;
    const body = new ReadableStream({
      pull(controller) {
        if (sent) throw new Error("Network connection lost.");
        sent = true;
        controller.enqueue(new TextEncoder().encode('{"name":'));
      },
    });
    const answer = await send(body);
    expect([answer.status, answer.json.error]).toEqual([400, "BadRequest"]);
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ level: "info", status: 400 });
  });

  it("may be nested deeply in fields that are ignored", async ({ expect }) => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect((await send(TEXT.replace("{", `{"x":${deep},`))).status).toBe(201);
    expect((await send(TEXT.replace("{", `{"n":12345678901234567,"x":${deep},`))).status).toBe(201);
    expect((await send(TEXT.replace("{", `{"\\u006e":1,"x":${deep},`))).status).toBe(201);
  });

  it.for([
    ["without a token", "/v1/meters/", null, 401],
    ["of a path that is not there", "/v1/nothing", undefined, 404],
  ] as const)("is read to its end %s, so that the connection survives the answer", async ([, path, given, status], { expect }) => {
    const token = given === null ? null : await grant();
    const chunk = new Uint8Array(64 * 1024);
    for (const [chunks, read] of [[16, 16], [1000, 130]] as const) {
      let sent = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (sent++ < chunks) controller.enqueue(chunk);
          else controller.close();
        },
      });
      expect((await call("POST", path, { token, body })).status).toBe(status);
      expect(Math.abs(sent - read)).toBeLessThan(4);
    }
  }); // prettier-ignore
});
