import { notExists, type SQL, sql } from "drizzle-orm";
import { advance, type Block, isFirstTime, newBlock, selectOwn } from "../events/block.ts";
import { insertSystemEvent, isStored, seqIn } from "../events/system-event.ts";
import {
  addCredit,
  areFromBefore,
  balanceOf,
  canHold,
  comparing,
  isCurrent,
  type Pair,
  startAgain,
  UNITS_LEFT,
} from "../engine/reading/ledger.ts";
import { ofCustomer, putWebhookEvents } from "../outbox/put.ts";
import { db, rowIf } from "../store/db.ts";
import { heldUnits } from "../engine/reading/held.ts";
import { forgetRest } from "../engine/rollups/values.ts";
import { type Idempotency, selectAnswer } from "../store/idempotency.ts";
import type { Statement, Store } from "../store/store.ts";
import { events, idempotency_keys } from "../store/tables.ts";

/** A credit or a reset of a customer on a meter; `metadata` is the caller's own. */
export type Entry = { kind: "credit"; units: number; metadata: object } | { kind: "reset"; rollover: boolean };

/** The result of an entry; `outdated` when the customer or the meter has changed since it was read: nothing was entered. */
export type Entered = { answer: string; fingerprint: string | null; isReplayed: boolean } | "outdated";

/** The places of the events in a block: a rolled-over credit comes after its reset. */
const [RESET, CREDIT_AFTER_RESET] = [1, 2];

/**
 * Enters a credit or a reset in one transaction: the event, the new balance, and the answer, which is stored with the
 * idempotency key. When the outcome is unknown, the transaction is repeated; it has no effect the second time.
 * @param answerParts the answer as JSON, without the four numbers of the balance that belong between its parts
 * @param now milliseconds since 1970 UTC
 */
export async function enter(
  store: Store,
  pair: Pair,
  entry: Entry,
  answerParts: string[],
  idempotency: Idempotency | null,
  now: number,
): Promise<Entered> {
  const { organizationId } = store;
  const block = newBlock(store, entry.kind === "reset" ? 2 : 1, now);
  const isValid = sql`${isCurrent(organizationId, pair)} AND ${entry.kind === "credit" ? canHold(pair, entry.units) : sql`true`}`;
  const answer = sql`${balanceOf(organizationId, pair)} SELECT ${answerSql(answerParts, now)} AS answer FROM balances`;
  const isEntered = isStored(block, 1);
  const changed = ofCustomer(["customer.state_changed"], sql`SELECT ${pair.customer.id} AS id WHERE ${isEntered}`);
  const put = putWebhookEvents(organizationId, changed, now);
  const entrySqlIf = (condition: SQL) => [
    ...comparing(organizationId, pair, now, entry.kind === "reset", entrySql(block, pair, entry, condition)),
    ...put,
  ];
  const entering = { block, isValid, answer, statements: entrySqlIf };
  if (idempotency !== null) return enterOnce(store, entering, idempotency, pair);
  const statements = (condition: SQL) => [advance(block), ...entering.statements(condition)];
  const results = await store.write([...statements(isValid), sql`${answer} WHERE ${isEntered}`], {
    repeat: [
      ...statements(sql`${isValid} AND ${isFirstTime(block)}`),
      sql`${answer} WHERE (${isEntered} OR EXISTS (${selectOwn(block)}))`,
    ],
  });
  await forgetRest(store, areFromBefore(pair), results);
  const [row] = results.at(-1)!.rows as { answer: string }[];
  return row === undefined ? "outdated" : { answer: row.answer, fingerprint: null, isReplayed: false };
}

/** An entry as SQL: its block in the log, its condition, its statements and the one that selects the answer. */
type Entering = { block: Block; isValid: SQL; answer: SQL; statements: (condition: SQL) => Statement[] };

/** Enters a credit or a reset unless its idempotency key was used before. */
async function enterOnce(
  store: Store,
  { block, isValid, answer, statements }: Entering,
  { key, fingerprint }: Idempotency,
  pair: Pair,
): Promise<Entered> {
  const { organizationId: organization_id, now: created_at } = block;
  const ofKey = selectAnswer({ organization_id, key });
  // The key is written last: its absence is the condition of the statements before, in a repetition too.
  const condition = sql`${isValid} AND ${notExists(ofKey)}`;
  const row = {
    organization_id,
    key,
    fingerprint,
    answer: sql`(${answer})`,
    created_at,
    customer_id: pair.customer.id,
  };
  const keep = db.insert(idempotency_keys).select(rowIf(idempotency_keys, row, isStored(block, 1)));
  const all = [advance(block, condition), ...statements(condition), keep.onConflictDoNothing(), ofKey];
  const results = await store.write(all, { repeat: all });
  await forgetRest(store, areFromBefore(pair), results);
  const [found] = results.at(-1)!.rows as { fingerprint: string; answer: string }[];
  return found === undefined ? "outdated" : { ...found, isReplayed: results.at(-2)!.changes === 0 };
}

function entrySql(block: Block, pair: Pair, entry: Entry, condition: SQL): Statement[] {
  const { meter, customer } = pair;
  if (entry.kind === "credit") {
    const metadata = JSON.stringify({ meter_id: meter.id, units: entry.units, rollover: false, ...entry.metadata });
    const event = { name: "meter.credited", customer_id: customer.id, metadata };
    return [insertSystemEvent(block, 1, event, condition), addCredit(pair, entry.units, block.now, condition)];
  }
  const event = { name: "meter.reset", customer_id: customer.id, metadata: JSON.stringify({ meter_id: meter.id }) };
  const seq = seqIn(block, RESET);
  const reset = insertSystemEvent(block, RESET, event, condition);
  if (!entry.rollover) return [reset, ...startAgain(pair, seq, sql`0`, block.now, condition)];
  const units = sql`(SELECT ${events.metadata} ->> '$.units' FROM ${events}
      WHERE ${events.organization_id} = ${block.organizationId} AND ${events.seq} = ${seqIn(block, CREDIT_AFTER_RESET)})`;
  return [
    rollOver(block, pair, condition),
    reset,
    ...startAgain(pair, seq, sql`coalesce(${units}, 0)`, block.now, condition),
  ];
}

/** Credits the rest of the balance, if any. This event is appended first, because the reset clears the balance. */
function rollOver(block: Block, pair: Pair, condition: SQL): Statement {
  const { meter, customer } = pair;
  const left = sql`, (${balanceOf(block.organizationId, pair)} SELECT ${UNITS_LEFT} FROM balances) AS units_left`;
  const metadata = sql`json_object('meter_id', ${meter.id}, 'units', units_left, 'rollover', json('true'))`;
  const event = { name: "meter.credited", customer_id: customer.id, metadata };
  return insertSystemEvent(block, CREDIT_AFTER_RESET, event, sql`${condition} AND units_left > 0`, left);
}

/** Builds the answer with the numbers of `balances` and the held units. */
function answerSql(parts: string[], now: number): SQL {
  const held = heldUnits({ customer_id: sql`balances.customer_id`, meter_id: sql`balances.meter_id` }, now);
  const numbers = [sql`consumed_units`, sql`credited_units`, sql`balance`, held].map(numberSql);
  return sql.join([parts[0], ...numbers.flatMap((number, index) => [number, parts[index + 1]])].map((part) => sql`${part}`), sql` || `); // prettier-ignore
}

const MAX_INTEGER = sql.raw(String(Number.MAX_SAFE_INTEGER));

/** A number as JSON: integers without a decimal point, others with 17 digits, since SQLite cannot find the shortest form. */
function numberSql(number: SQL): SQL {
  return sql`CASE
      WHEN abs(${number}) <= ${MAX_INTEGER} AND ${number} = CAST(${number} AS INTEGER) THEN CAST(CAST(${number} AS INTEGER) AS TEXT)
      ELSE format('%!.17g', ${number})
    END`;
}

/** Rewrites the four numbers of an answer in their shortest form, as in every other answer. */
export function withOwnDigits(answer: string): string {
  // They precede any text of a caller.
  return answer.replace(/"consumed_units":[^"]+"credited_units":[^"]+"balance":[^"]+"held_units":[^"]+/, (numbers) =>
    numbers.replaceAll(/(?<=:)[^,]+/g, (digits) => JSON.stringify(Number(digits))),
  );
}
