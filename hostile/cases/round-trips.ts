import fc from "fast-check";
import { parseJson } from "../../src/wire/json.ts";
import { type Answer, type Credential, request } from "../exchange.ts";
import type { Case } from "./case.ts";

/** How the characters of a text are written in JSON. */
type Escaping = "needed" | "ascii" | "all";

type Pairs = [key: string, value: string | number | boolean][];
type Sent = { pairs: Pairs; escaping: Escaping };

/** Common beginnings of keys, and endings that differ only in an actual or possible escape. */
const STEMS = ["caf", "C:", "a", "", "key ", "__proto__", "1"];
const ENDS = [
  "",
  "\\",
  '"',
  "é",
  "\n",
  "\t",
  "\\t",
  "\\u00e9",
  "/",
  "\u007f",
  "\u2028",
  "😀",
  "u00e9",
  "0",
  "constructor",
];

const keys = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom(...STEMS), fc.constantFrom(...ENDS)).map((parts) => parts.join("")),
  },
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
);
const values = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).map((text) => text.replaceAll("\0", "0")),
  fc.boolean(),
  fc.maxSafeInteger(),
  // Without a point or an exponent, such a number would be an integer that does not fit in a double.
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !/^-?\d{16,}$/.test(String(value))),
);
const ascii: Escaping[] = ["needed", "ascii", "all"];

/** Metadata that begins like other metadata: engines remember the shapes of objects. */
const metadata: fc.Arbitrary<Sent> = fc
  .tuple(fc.array(fc.tuple(keys, values), { minLength: 1, maxLength: 6 }), fc.boolean(), fc.constantFrom(...ascii))
  .map(([pairs, shared, escaping]) => {
    const all = shared ? [["u1", 0] as Pairs[number], ...pairs] : pairs;
    return { pairs: [...new Map(all.filter(([key]) => key !== ""))], escaping };
  });

/** Writes a text as JSON: escapes where they are needed, for all but ASCII (as Python does), or for every character. */
function writeText(text: string, escaping: Escaping): string {
  if (escaping === "needed") return JSON.stringify(text);
  if (escaping === "ascii") return JSON.stringify(text).replaceAll(/[^ -~]/g, escaped);
  return `"${[...Array(text.length).keys()].map((at) => escaped(text[at]!)).join("")}"`;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function write({ pairs, escaping }: Sent): string {
  const written = pairs.map(([key, value]) => {
    const text = typeof value === "string" ? writeText(value, escaping) : JSON.stringify(value);
    return `${writeText(key, escaping)}:${text}`;
  });
  return `{${written.join(",")}}`;
}

/** How metadata that is served differs from what was sent. */
function differences({ pairs }: Sent, served: unknown): string[] {
  const sorted = (each: Pairs) => JSON.stringify(each.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const [wanted, got] = [sorted(pairs), sorted(Object.entries(served as object))];
  return wanted === got ? [] : [`metadata is not served as it was sent\n    sent   ${wanted}\n    served ${got}`];
}

function itemsOf({ status, text }: Answer): any[] {
  return status === 200 ? (parseJson(text) as { items: unknown[] }).items : [];
}

/** Events of two organizations, several to a request; each organization then reads its own. */
export function eventRoundTrip(name: string, [first, second]: [Sent[], Sent[]]): Case {
  const sent: [Credential, Sent[]][] = [
    ["d1", first],
    ["object", second],
  ];
  const write1 = (each: Sent, at: number) =>
    `{"name":${JSON.stringify(name)},"external_customer_id":"${at}","metadata":${write(each)}}`;
  const writes = sent.map(([as, all]) =>
    request("POST", "/v1/events/ingest", { as, json: `{"events":[${all.map(write1).join(",")}]}` }),
  );
  const reads = sent.map(([as]) => request("GET", `/v1/events/?limit=100&name=${encodeURIComponent(name)}`, { as }));
  const verify = (answers: Answer[]) =>
    sent.flatMap(([, all], which) => {
      if (answers[which]!.status !== 200) return [`refused: ${answers[which]!.text.slice(0, 500)}`];
      const items = new Map(itemsOf(answers[which + 2]!).map((item) => [item.external_customer_id, item]));
      return all.flatMap((each, at) => {
        const item = items.get(String(at));
        return item === undefined ? [`event ${at} was accepted and is not served`] : differences(each, item.metadata);
      });
    });
  return { kind: "round trip of events", steps: [...writes, ...reads], verify };
}

/** A meter whose metadata is sent and read again in its own answer and in the list. */
function meterRoundTrip(name: string, sent: Sent): Case {
  const body = `{"name":${JSON.stringify(name)},"metadata":${write(sent)},"filter":{"conjunction":"and","clauses":[]},"aggregation":{"func":"count"}}`;
  const steps = [
    request("POST", "/v1/meters/", { as: "object", json: body }),
    request("GET", `/v1/meters/?query=${encodeURIComponent(name)}`, { as: "object" }),
  ];
  const verify = ([created, listed]: Answer[]) => {
    if (created!.status !== 201) return [`refused: ${created!.text.slice(0, 500)}`];
    const served = [parseJson(created!.text) as any, ...itemsOf(listed!)];
    if (served.length !== 2) return [`the list has ${served.length - 1} meters of this name`];
    return served.flatMap((meter) => differences(sent, meter.metadata));
  };
  return { kind: "round trip of a meter", steps, verify };
}

const lists = fc.array(metadata, { minLength: 1, maxLength: 5 });

/** What was accepted must be served with exactly its own keys and values. */
export const roundTrips: fc.Arbitrary<(index: number) => Case> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(lists, lists).map((sent) => (index: number) => eventRoundTrip(`round trip ${index}.`, sent)),
  },
  { weight: 1, arbitrary: metadata.map((sent) => (index: number) => meterRoundTrip(`round trip ${index}.`, sent)) },
);
