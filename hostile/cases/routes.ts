import fc from "fast-check";
import { OPERATIONS } from "../../test/support/document.ts";
import { NOBODY } from "../requests.ts";
import { headerText, hostileTexts } from "../texts.ts";
import type { Credential } from "../exchange.ts";
import type { Case } from "./case.ts";

const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];
const KNOWN = OPERATIONS.map(({ path }) => path.replace(/\{\w+\}/, NOBODY));
const UNKNOWN = [
  "/v1",
  "/v1/",
  "/v2/meters/",
  "/v1/nothing",
  "/v1/meters/a/b/c",
  "/v1/__proto__",
  "/v1/meters/constructor",
  "/V1/meters/",
  "/robots.txt",
  "/nothing",
];
const SLASHES = [1, 2, 30, 3000, 20_000, 60_000];

const paths = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...KNOWN) }, fc.constantFrom(...UNKNOWN));

/** A path, changed in a way that routers treat differently. */
const oddPaths = fc
  .tuple(paths, fc.nat(), fc.nat({ max: 9 }), fc.constantFrom(...SLASHES), hostileTexts)
  .map(([path, at, change, count, text]) => {
    const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
    // The path keeps a single leading slash: some clients interpret two as another host.
    const place = slashes[1 + (at % Math.max(1, slashes.length - 1))] ?? path.length;
    const [before, after] = [path.slice(0, place), path.slice(place + 1)];
    const inside = encodeURIComponent(text.toWellFormed()).slice(0, 20_000);
    const letter = 1 + (at % (path.length - 1));
    switch (change) {
      case 0:
        return before + "/".repeat(count) + after;
      case 1:
        return path + "/".repeat(count);
      case 2:
        return `${path}${"/".repeat(count)}x`;
      case 3:
        return `${before}%2F${after}`;
      case 4:
        return `${before}/./${"a/../".repeat(Math.min(count, 3000))}${after}`;
      case 5:
        return `${path.slice(0, letter)}%${path.charCodeAt(letter).toString(16)}${path.slice(letter + 1)}`;
      case 6:
        return `${before}/${inside}/${after}`;
      case 7:
        return `${path}${["%", "%zz", "%00", "%ED%A0%80", ";a=1", "?", "??a", "#", "\\", "%5C", "."][at % 11]}`;
      case 8:
        return `${path}?${"&".repeat(count)}${"a=&".repeat(Math.min(count, 10_000))}`;
      default:
        return path;
    }
  });

const spaced = fc
  .tuple(
    fc.constantFrom("Bearer", "bearer", "BEARER", "Basic", ""),
    fc.constantFrom(" ", "  ", "\t", " ".repeat(8000), ""),
    hostileTexts,
  )
  .map(([scheme, space, text]) => ({ header: headerText(scheme + space + text) }));

/** All kinds of credentials, mostly invalid ones. */
const credentials = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Credential>("d1", "object") },
  fc.constantFrom<Credential>("reader", "revoked", "expired", "unknown", "none"),
  { weight: 2, arbitrary: spaced.filter(({ header }) => header.trim() !== "") },
);

const preflight = {
  Origin: "https://app.example",
  "Access-Control-Request-Method": "PATCH",
  "Access-Control-Request-Headers": "authorization",
};

/** Requests that match an operation only by chance: methods, paths and tokens of all kinds, without a body. */
export const routeCases: fc.Arbitrary<Case> = fc
  .record({
    method: fc.oneof(
      { weight: 4, arbitrary: fc.constant("GET") },
      { weight: 5, arbitrary: fc.constantFrom(...METHODS) },
    ),
    path: oddPaths,
    as: credentials,
    headers: fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, fc.constant(preflight)),
  })
  .map((step) => ({ kind: "routes", steps: [step] }));
