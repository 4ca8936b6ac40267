import fc from "fast-check";
import { balanceCases } from "./balances.ts";
import { documentedCases } from "./documented.ts";
import { heavyCases } from "./heavy.ts";
import { KNOWN } from "./known.ts";
import { largeCases } from "./large.ts";
import { roundTrips } from "./round-trips.ts";
import { routeCases } from "./routes.ts";
import type { Case } from "./case.ts";

const always = (cases: fc.Arbitrary<Case>) => cases.map((each) => () => each);

const ANY: fc.Arbitrary<(index: number) => Case> = fc.oneof(
  { weight: 55, arbitrary: always(documentedCases) },
  { weight: 15, arbitrary: always(routeCases) },
  { weight: 10, arbitrary: roundTrips },
  { weight: 8, arbitrary: always(largeCases) },
  { weight: 8, arbitrary: always(heavyCases) },
  { weight: 8, arbitrary: always(balanceCases) },
);

/** The case of a run at an index: the same seed and index always make the same case. */
export function caseAt(seed: number, index: number): Case {
  const known = KNOWN[index];
  if (known !== undefined) return known;
  // With fewer bits of either, adjacent seeds would share cases.
  const mixed = Math.imul(seed ^ Math.imul(index, 0x9e3779b1), 0x85ebca6b);
  const [make] = fc.sample(ANY, { seed: mixed ^ (mixed >>> 15), numRuns: 1 });
  return make!(index);
}
