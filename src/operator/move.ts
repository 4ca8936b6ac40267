import { sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import type { Budget } from "../jobs/budget.ts";
import { compile, definitionOf } from "../engine/definition/definition.ts";
import { computeQuantities } from "../engine/reading/quantities.ts";
import { windowOf } from "../engine/reading/window.ts";
import type { StoreKind } from "../store/kinds.ts";
import type { Store } from "../store/store.ts";
import type { meters } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import { type Cursor, insertRows, type TablePart, partsOf, readChunk } from "./parts.ts";
import {
  beginMove,
  endRefusal,
  keepProgress,
  refusalOf,
  refuse,
  requireArriving,
  switchIfCompared,
} from "./move-refusals.ts";
import { DAY } from "../time/zone.ts";

/** The old and the new store of an organization, both without the refusal of writes that applies to requests. */
export type Move = { from: Store; to: Store };

/** The phases of a move. Their steps can be repeated, so a move can continue after any interruption. */
type Phase = "copy" | "compare" | "quantities" | "switch" | "tokens" | "done";

/** The progress of a move, stored in the row that refuses writes: the next phase, and the position in it. */
type MoveState = { phase: Phase; cursor: Cursor | null };

/** A move in progress: when it began (milliseconds since 1970 UTC), the state as last read or saved, and whether it has switched. */
type Begun = { since: number; saved: string | null; hasMoved: boolean };

/** The result of a part of a move: the next phase, compared rows by table, and the number of compared meters. */
export type MoveProgress = { phase: Phase; rows: Record<string, number>; meters: number };

/**
 * Continues a move within a budget: refuses writes, copies every row, compares every row and the quantities of every meter,
 * and switches. An interruption loses nothing: writes stay refused until the move continues or is cancelled.
 * @param nameNewStore records the new store in KV for the next tokens after an id; returns the last id, null at the end
 * @throws Conflict when the new store has data of its own, when the two differ, or when the move was cancelled
 */
export async function goOnMoving(
  { from, to }: Move,
  budget: Budget,
  nameNewStore: NameNewStore,
): Promise<MoveProgress> {
  const move: Move = { from: budget.counted(from), to };
  const begun = await begin(move);
  const progress: MoveStep = { ...stateOf(begun), rows: {}, meters: 0 };
  const parts = await partsOf(move.from);
  do {
    const { phase } = progress;
    if (phase === "switch") await switchStores(move, begun, progress);
    else if (phase === "tokens") await nameNewStoreInTokens(move, progress, nameNewStore);
    else if (phase === "copy") await copyChunk(move, parts, begun.since, progress);
    else if (phase === "compare") await compareChunk(move, parts, progress);
    else await compareQuantities(move, progress);
    // Another command may be ahead: the next request continues from its position.
    if (progress.phase !== phase && !(await save(move.from, begun, progress))) break;
  } while (progress.phase !== "done" && budget.mayGoOn());
  await save(move.from, begun, progress);
  return { phase: progress.phase, rows: progress.rows, meters: progress.meters };
}

type NameNewStore = (after: string) => Promise<string | null>;

type MoveStep = MoveState & MoveProgress;

function stateOf({ saved, hasMoved }: Begun): MoveState {
  if (saved !== null) return parseJson(saved) as MoveState;
  return { phase: hasMoved ? "tokens" : "copy", cursor: null };
}

/** Saves the progress of a move; returns false if another command has saved since it was read. */
async function save(from: Store, begun: Begun, { phase, cursor }: MoveStep): Promise<boolean> {
  const { since, saved } = begun;
  begun.saved = phase === "done" ? null : JSON.stringify({ phase, cursor });
  if (begun.saved === saved) return true;
  const [written] = await from.write([keepProgress(from, since, saved, begun.saved)]);
  return written!.changes > 0;
}

/** Begins a move, or returns the one in progress. */
async function begin({ from, to }: Move): Promise<Begun> {
  const [atFrom, atTo] = [await refusalOf(from), await refusalOf(to)];
  if (atFrom?.reason === "cancelling" || atTo?.reason === "cancelling") {
    throw new Conflict("The move is being cancelled: finish that first, with move --cancel.");
  }
  if (atFrom === null && atTo === null && (await hasRows(to))) {
    throw new Conflict(
      "The organization has data in its object already. If it has moved, and D1 was restored to an earlier time, run: npm run organization -- mark-moved.",
    );
  }
  const { reason, created_at, progress } = await beginMove(from, to);
  return { since: created_at, saved: progress, hasMoved: reason === "moved" };
}

async function hasRows(store: Store): Promise<boolean> {
  const { pieces, next } = await readChunk(store, await partsOf(store), { part: 0, after: null });
  return next !== null || pieces.some(({ rows }) => rows.length > 0);
}

async function copyChunk({ from, to }: Move, parts: TablePart[], since: number, progress: MoveStep): Promise<void> {
  const { pieces, next } = await readChunk(from, parts, progress.cursor ?? { part: 0, after: null });
  const inserts = [requireArriving(to, since), ...pieces.flatMap(insertRows)];
  await to.write(inserts, { repeat: inserts });
  Object.assign(progress, next === null ? { phase: "compare", cursor: null } : { cursor: next });
}

/** Compares a chunk of rows in both stores: every value of every column, and the number of rows. */
async function compareChunk({ from, to }: Move, parts: TablePart[], progress: MoveStep): Promise<void> {
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

/** The number of meters whose quantities are compared in one step. */
const METERS = 10;

async function compareQuantities({ from, to }: Move, progress: MoveStep): Promise<void> {
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
  const cursor = last === undefined ? null : { part: 0, after: [last.id] };
  Object.assign(progress, last === undefined ? { phase: "switch", cursor } : { cursor });
}

function quantitiesOf(store: Store, row: typeof meters.$inferSelect) {
  const end = Date.now() - (Date.now() % DAY);
  const window = windowOf({ start: Date.UTC(2023, 0, 1), end, interval: "year", timezone: "UTC" });
  const query = { window, customers: { ids: [], externalIds: [] }, metadata: [] };
  const source = { rollupsOf: row.id, definitionVersion: row.definition_version };
  return computeQuantities(store, compile(definitionOf(row)), query, source);
}

/**
 * Switches with one statement in D1, after which every request is redirected to the new store.
 * @throws Conflict when the move was cancelled
 */
async function switchStores({ from }: Move, begun: Begun, progress: MoveStep): Promise<void> {
  await from.write([switchIfCompared(from, begun.since)]);
  if ((await refusalOf(from))?.reason !== "moved") throw new Conflict("The move was cancelled: nothing was switched.");
  begun.saved = null;
  progress.phase = "tokens";
}

/** Makes the new store accept writes, and names it in the next KV records, which avoids the redirection. */
async function nameNewStoreInTokens({ to }: Move, progress: MoveStep, nameNewStore: NameNewStore): Promise<void> {
  await to.write([endRefusal(to, "arriving")]);
  const last = await nameNewStore(String(progress.cursor?.after?.[0] ?? ""));
  Object.assign(progress, last === null ? { phase: "done", cursor: null } : { cursor: { part: 0, after: [last] } });
}

/**
 * Marks an organization as moved again, after D1 was restored to a time before the move: KV still names the object.
 * @throws Conflict when KV does not, or the object is empty
 */
export async function markMoved({ from, to }: Move, named: StoreKind): Promise<void> {
  if (named !== "object" || !(await hasRows(to))) {
    throw new Conflict("KV does not name an object with data for this organization: it has not moved.");
  }
  await from.write([
    ...(["moving", "cancelling"] as const).map((reason) => endRefusal(from, reason)),
    refuse(from, "moved", Date.now()),
  ]);
  await to.write((["arriving", "cancelling"] as const).map((reason) => endRefusal(to, reason)));
}
