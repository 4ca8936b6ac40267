import fc from "fast-check";
import { type Answer, type Request, request } from "../exchange.ts";
import type { Case } from "./case.ts";

const units = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 0, 1) },
);
/** Values of an event: large, small and exact numbers, and values that are not numbers. */
const values = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -50, max: 50 }) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>("5", true, 1e308, -1e308, 5e-324) },
);

type Pair = { customer: number; meter: number };

const pairOf = ({ customer, meter }: Pair) => ({
  customer_id: `@customers:${customer}@`,
  meter_id: `@meters:${meter}@`,
});

const entries = (pair: Pair): fc.Arbitrary<Request> =>
  fc.oneof(
    units.map((each) => request("POST", "/v1/customer-meters/credits", { json: { ...pairOf(pair), units: each } })),
    fc
      .boolean()
      .map((rollover) => request("POST", "/v1/customer-meters/resets", { json: { ...pairOf(pair), rollover } })),
    fc.array(values, { minLength: 1, maxLength: 5 }).map((all) =>
      request("POST", "/v1/events/ingest", {
        json: {
          events: all.map((k) => ({
            name: "ai_usage",
            customer_id: `@customers:${pair.customer}@`,
            metadata: { k, total_tokens: k },
          })),
        },
      }),
    ),
  );

/** Credits, resets and events of one customer, then the balance in the list, in the customer's state, and in the list again. */
export const balanceCases: fc.Arbitrary<Case> = fc
  .record({ customer: fc.nat(19), meter: fc.nat(20) })
  .chain((pair) => fc.tuple(fc.constant(pair), fc.array(entries(pair), { minLength: 1, maxLength: 6 })))
  .map(([{ customer, meter }, steps]) => {
    const query = `customer_id=@customers:${customer}@&meter_id=@meters:${meter}@`;
    const list = request("GET", `/v1/customer-meters/?${query}`);
    const state = request("GET", `/v1/customers/@customers:${customer}@/state`);
    return { kind: "balances", steps: [...steps, list, state, { ...list }], verify };
  });

/** The list and the state have the same balance, and the numbers are finite and fit together. */
function verify(answers: Answer[]): string[] {
  const [list, state, again] = answers.slice(-3) as [Answer, Answer, Answer];
  // Other clients of the fuzzer also delete customers and change balances.
  if (list.status !== 200 || state.status !== 200 || list.text !== again.text) return [];
  const [row] = JSON.parse(list.text).items;
  if (row === undefined) return [];
  const { active_meters: meters } = JSON.parse(state.text);
  const { customer: _, meter: __, customer_id: ___, ...own } = row;
  const same = meters.find(({ id }: { id: string }) => id === own.id);
  const found: string[] = [];
  if (JSON.stringify(same) !== JSON.stringify(own)) found.push(`${JSON.stringify(same)} is not ${JSON.stringify(own)}`);
  for (const name of ["consumed_units", "credited_units", "balance"]) {
    if (typeof own[name] !== "number") found.push(`${name} is ${JSON.stringify(own[name])}`);
  }
  if (own.credited_units < 0) found.push(`credited_units is ${own.credited_units}`);
  return found;
}
