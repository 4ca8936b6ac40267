import { describe, it, vi } from "vitest";
import { call, grant, METER, NOBODY } from "../support/api.ts";
import { OPERATIONS } from "../support/document.ts";

const EVIL = "evil.example";
/** Headers from which some servers take the host, the path or the method of a request. */
const FORGED = {
  Host: EVIL,
  Forwarded: `host=${EVIL}`,
  Origin: `https://${EVIL}`,
  "X-Forwarded-Host": EVIL,
  "X-Forwarded-Proto": "http",
  "X-Original-URL": "/v1/nope",
  "X-Rewrite-URL": "/v1/nope",
  "X-HTTP-Method-Override": "DELETE",
};

/** A request of each operation that gets as far as its route, and one that gets past it where that needs no body. */
const REQUESTS = OPERATIONS.map(({ method, path }) => ({
  method,
  path: path.replace("{external_id}", "nobody").replace("{id}", NOBODY),
}));

describe("An answer", () => {
  it.for(REQUESTS)(
    "is kept by no shared cache, and depends on no other header: $method $path",
    async ({ method, path }, { expect }) => {
      const token = await grant();
      const send = (headers: Record<string, string>) =>
        call(method, path, { headers, ...(method.startsWith("P") && { body: {} }) });
      for (const own of [{}, { Authorization: `Bearer ${token}` }] as Record<string, string>[]) {
        // The first use of a token is noted, and shown afterwards.
        await send(own);
        const [plain, forged] = [await send(own), await send({ ...own, ...FORGED })];
        expect(plain.headers.get("Cache-Control")).toMatch(/^(private, )?no-store$/);
        expect([forged.status, forged.text]).toEqual([plain.status, plain.text]);
        expect([...forged.headers].join()).not.toContain(EVIL);
        expect(forged.headers.get("Access-Control-Allow-Credentials")).toBeNull();
      }
    },
  );

  it("is kept by no shared cache when it is a 304, a 404, a 405 or a preflight, either", async ({ expect }) => {
    const token = await grant();
    const { json, headers } = await call("POST", "/v1/meters/", { token, body: METER });
    const unchanged = { "If-None-Match": headers.get("ETag")! };
    const preflight = { Origin: `https://${EVIL}`, "Access-Control-Request-Method": "POST" };
    const answers = [
      await call("GET", `/v1/meters/${json.id}`, { token, headers: unchanged }),
      await call("GET", "/nope", { token }),
      await call("PUT", "/v1/meters/", { token, body: METER }),
      await call("OPTIONS", "/v1/meters/", { headers: preflight }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([304, 404, 405, 204]);
    for (const answer of answers) expect(answer.headers.get("Cache-Control")).toBe("private, no-store");
  });
});

/** What would begin another header or another line of the log, or move a terminal's cursor, if it were kept as it is. */
const BREAKS = [
  "%0d%0aSet-Cookie:%20a=b",
  "%0a{%22level%22:%22error%22}",
  "%1b[2K",
  "%22,%22status%22:200",
  "%e2%80%a8x",
  "%00",
];

describe("A text of a caller's", () => {
  it.for(BREAKS)("begins no header and no line of the log: %s", async (text, { expect }) => {
    const token = await grant();
    const lines: string[] = [];
    for (const level of ["log", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
    }
    const decoded = decodeURIComponent(text);
    const answers = [
      await call("GET", `/v1/${text}`, { token }),
      await call("GET", `/v1/meters/${text}?${text}=${text}`, { token }),
      await call("GET", `/v1/customers/external/${text}`, { token }),
      await call("POST", "/v1/meters/", { token, body: { ...METER, name: `${decoded} name`, unit: decoded } }),
      await call("GET", `/v1/meters/?sorting=${text}`, { headers: { Authorization: `Bearer ${text}` } }),
    ];
    expect(lines).toHaveLength(answers.length);
    for (const [i, line] of lines.entries()) {
      expect([...line].filter((char) => char < " " || char === "\u2028")).toEqual([]);
      expect(JSON.parse(line)).toMatchObject({ level: "info", status: answers[i]!.status });
    }
    for (const { headers } of answers) expect([...headers].flat().join()).not.toContain("a=b");
    for (const { headers } of answers) expect(headers.get("Set-Cookie")).toBeNull();
  });
});
