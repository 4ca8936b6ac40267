import { sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import { compile, definitionOf } from "../metering/definition.ts";
import { computeQuantities } from "../metering/quantities.ts";
import { windowOf } from "../metering/window.ts";
import type { WriteRefusal } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import type { meters } from "../store/tables.ts";
import { nameStore, type TokenNamespace } from "../tokens/records.ts";
import { type Cursor, deleteSome, insertRows, type Part, partsOf, readChunk } from "./parts.ts";

/** Where an organization is, and where it goes: both without the refusal of writes that holds for everybody else. */
export type Move = { from: Store; to: Store };

/** The phases of a move. Each is made of steps that can be repeated, so that it goes on after any interruption. */
type Phase = "copy" | "compare" | "quantities" | "switch" | "done";

/** How far a move is: the phase that comes next, and where in it; null means its beginning. */
export type MoveState = { phase: Phase; cursor: Cursor | null };

/** What a part of a move did: rows by table, meters whose quantities were compared, and what comes next. */
export type MoveProgress = MoveState & { rows: Record<string, number>; meters: number };

/**
 * Goes on with a move for some time: refuses writes, copies every row, compares every row and the quantities of every
 * meter, and switches. Nothing is lost when it is interrupted: writes stay refused until it goes on or is cancelled.
 * @param state what the part before returned; to begin, or to begin again: copy and null
 * @param until when to end, in milliseconds since 1970 UTC
 * @throws Conflict when the new store has data of its own, or when the two differ
 */
export async function goOnMoving(
  move: Move,
  kv: TokenNamespace,
  state: MoveState,
  until: number,
): Promise<MoveProgress> {
  const progress: MoveProgress = { ...state, rows: {}, meters: 0 };
  if ((await refusalOf(move.from)) === "moved") progress.phase = "switch";
  else if (await refuseWrites(move)) Object.assign(progress, START);
  const parts = await partsOf(move.from);
  do {
    if (progress.phase === "copy") await copyChunk(move, parts, progress);
    else if (progress.phase === "compare") await compareChunk(move, parts, progress);
    else if (progress.phase === "quantities") await compareQuantities(move, progress);
    else await switchStores(move, kv, progress);
  } while (progress.phase !== "done" && Date.now() < until);
  return progress;
}

/** Why writes of a whole organization are refused in a store; null when they are not. */
async function refusalOf(store: Store): Promise<WriteRefusal | null> {
  const [[row]] = await store.read([
    sql<{ reason: WriteRefusal }>`SELECT reason FROM write_refusals
      WHERE organization_id = ${store.organizationId} AND token_id = ''`,
  ]);
  return row?.reason ?? null;
}

/** The state of a move that has not begun. */
export const START: MoveState = { phase: "copy", cursor: null };

/**
 * Refuses writes in both stores, in the new one first: it must be empty.
 * @returns whether they were not refused before
 */
async function refuseWrites({ from, to }: Move): Promise<boolean> {
  const [atFrom, atTo] = [await refusalOf(from), await refusalOf(to)];
  if (atFrom === "moving") return false;
  if (atTo === null && (await hasRows(to))) {
    throw new Conflict("The organization has data in its object already: its tokens name different stores.");
  }
  await to.write([refuse(to, "arriving")]);
  await from.write([refuse(from, "moving")]);
  return true;
}

function refuse({ organizationId }: Store, reason: WriteRefusal) {
  return sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
    VALUES (${organizationId}, '', ${reason}, ${Date.now()})
    ON CONFLICT (organization_id, token_id) DO UPDATE SET reason = excluded.reason`;
}

async function hasRows(store: Store): Promise<boolean> {
  const { pieces, next } = await readChunk(store, await partsOf(store), { part: 0, after: null });
  return next !== null || pieces.some(({ rows }) => rows.length > 0);
}

async function copyChunk({ from, to }: Move, parts: Part[], progress: MoveProgress): Promise<void> {
  const { pieces, next } = await readChunk(from, parts, progress.cursor ?? { part: 0, after: null });
  const inserts = pieces.flatMap(insertRows);
  if (inserts.length > 0) await to.write(inserts, { repeat: inserts });
  Object.assign(progress, next === null ? { phase: "compare", cursor: null } : { cursor: next });
}

/** Compares a chunk of all rows in both stores: each value of each column, and that neither has more rows. */
async function compareChunk({ from, to }: Move, parts: Part[], progress: MoveProgress): Promise<void> {
  const cursor = progress.cursor ?? { part: 0, after: null };
  const [there, here] = [await readChunk(from, parts, cursor), await readChunk(to, parts, cursor)];
  for (const [index, { part, rows }] of there.pieces.entries()) {
    const { table } = part;
    if (JSON.stringify(rows) !== JSON.stringify(here.pieces[index]?.rows)) throw differing(table);
    progress.rows[table] = (progress.rows[table] ?? 0) + rows.length;
  }
  if (JSON.stringify(there.next) !== JSON.stringify(here.next)) throw differing("a table");
  Object.assign(progress, there.next === null ? { phase: "quantities", cursor: null } : { cursor: there.next });
}

function differing(what: string): Conflict {
  return new Conflict(`The two stores differ in ${what}. Nothing was switched: cancel the move and begin again.`);
}

/** Meters whose quantities are compared in one step. */
const METERS = 10;

async function compareQuantities({ from, to }: Move, progress: MoveProgress): Promise<void> {
  const after = progress.cursor?.after?.[0] ?? "";
  const [rows] = await from.read([
    sql<typeof meters.$inferSelect>`SELECT * FROM meters WHERE organization_id = ${from.organizationId}
      AND id > ${after} ORDER BY id LIMIT ${METERS}`,
  ]);
  for (const row of rows) {
    const [there, here] = [await quantitiesOf(from, row), await quantitiesOf(to, row)];
    if (JSON.stringify(there) !== JSON.stringify(here)) throw differing(`the quantities of meter ${row.id}`);
  }
  progress.meters += rows.length;
  const last = rows.at(-1);
  Object.assign(progress, last === undefined ? { phase: "switch", cursor: null } : { cursor: { part: 0, after: [last.id] } }); // prettier-ignore
}

function quantitiesOf(store: Store, row: typeof meters.$inferSelect) {
  const years = windowOf({
    start: Date.UTC(2023, 0, 1),
    end: Date.now() - (Date.now() % DAY),
    interval: "year",
    timezone: "UTC",
  });
  const query = { window: years, customers: { ids: [], externalIds: [] }, metadata: [] };
  const source = { rollupsOf: row.id, definitionVersion: row.definition_version };
  return computeQuantities(store, compile(definitionOf(row)), query, source);
}

const DAY = 86_400_000;

/** From the one statement on that says `moved`, every request is sent to the new store; the tokens then save the detour. */
async function switchStores({ from, to }: Move, kv: TokenNamespace, progress: MoveProgress): Promise<void> {
  await to.write([endRefusal(to)]);
  await from.write([refuse(from, "moved")]);
  await nameStore(kv, from.organizationId, "object");
  progress.phase = "done";
}

function endRefusal({ organizationId }: Store) {
  return sql`DELETE FROM write_refusals WHERE organization_id = ${organizationId} AND token_id = ''`;
}

/**
 * Goes on with giving up a move: deletes what was copied, then accepts writes again.
 * @returns whether it is done
 * @throws Conflict after the switch
 */
export async function goOnCancelling({ from, to }: Move, until: number): Promise<boolean> {
  const reason = await refusalOf(from);
  if (reason === "moved") throw new Conflict("The organization has moved: that can't be cancelled.");
  // Without either, what is in the object is not a copy.
  if ((await refusalOf(to)) === "arriving" && !(await goOnDeleting(to, until))) return false;
  if (reason === null && (await refusalOf(to)) === null) return true;
  await to.write([endRefusal(to)]);
  await from.write([endRefusal(from)]);
  return true;
}

/**
 * Goes on with deleting the rows that an organization has left behind in D1.
 * @returns whether it is done
 * @throws Conflict before the switch
 */
export async function goOnDeletingOld({ from }: Move, until: number): Promise<boolean> {
  if ((await refusalOf(from)) === "moved") return goOnDeleting(from, until);
  throw new Conflict("The organization has not moved: its rows in D1 are the only ones.");
}

/** Deletes every row of an organization in a store, except that which refuses its writes. */
async function goOnDeleting(store: Store, until: number): Promise<boolean> {
  for (const part of await partsOf(store)) {
    let deleted: number;
    do {
      if (Date.now() >= until) return false;
      deleted = (await store.write([deleteSome(part)]))[0]!.changes;
    } while (deleted > 0);
  }
  return true;
}
