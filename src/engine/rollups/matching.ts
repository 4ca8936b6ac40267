import { type SQL, sql } from "drizzle-orm";
import { countingTimeOf, type Share, TRANSACTION_TIME } from "./chunk.ts";
import { compileText, type Definition, type DefinitionText } from "../definition/definition.ts";
import { BoundValues, type Values } from "../definition/event-sql.ts";
import { kindSql } from "../definition/kind-sql.ts";
import { CUSTOMER_OF_EVENT } from "./customer-key.ts";
import { BUCKET_OF_EVENT } from "./rollups.ts";
import { keepsValues } from "../definition/aggregation.ts";

// Events are joined to meters by event name, so the cost depends on the matching pairs, not on the number of meters. Meters
// whose conditions differ only in values share one SQL text; the values are columns of the meter's row.

/** A meter that counts events, at a version of its definition; null names mean that events of any name can match. */
export type CountingMeter = {
  id: string;
  definition_version: number;
  definition: Definition;
  names: string[] | null;
  /** Whether alerts are evaluated as events are counted. */
  isWatched?: boolean;
};

/** The events to count: those after `start`, which is the watermark of their meters, up to `end`. */
export type Span = { organizationId: string; start: number; end: number | SQL };

/** The events that are counted, as a condition on `e`, and the meters that count them, as a condition on `m`. */
type Counted = { events: SQL; meters: SQL };

/** Counts the events of a span for the meters whose watermark is its start. */
export function inSpan({ organizationId, start, end }: Span): Counted {
  const events = sql`e.organization_id = ${organizationId} AND e.seq > ${start} AND e.seq <= ${end}`;
  return { events, meters: sql`m.watermark = ${start}` };
}

/** A definition's SQL text; for one of its dimensions also the place of it, and the value of an event. */
type Text = DefinitionText & { dimension?: { place: string; value: string } };

/** A meter, or one of its dimensions, with SQL text and values; if there are too many values for columns, `from` has their tables. */
export type Compiled = CountingMeter & { text: Text; values: (string | number)[]; from: SQL | null };

/** A meter, and its dimensions in their order. */
export type CompiledMeter = Compiled & { dimensions: Compiled[] };

/** The maximum number of characters in the conditions of a statement; D1 allows 100 KB of SQL in all. */
const MAX_CHARACTERS = 75_000;
/** The maximum number of values as columns; D1 allows 100 columns. */
const MAX_VALUES = 80;

/** Compiles a meter's definition for statements that several meters share. */
export function compileMeter(meter: CountingMeter): CompiledMeter {
  const { definition } = meter;
  const dimensions = (definition.dimensions ?? []).map((property, place) =>
    compileWith(meter, (values) => ({
      ...compileText(definition, values),
      dimension: { place: values.add(place), value: kindSql(property, values) },
    })),
  );
  return { ...compileWith(meter, (values) => compileText(definition, values)), dimensions };
}

function compileWith(meter: CountingMeter, textOf: (values: Values) => Text): Compiled {
  const values: (string | number)[] = [];
  const text = textOf({ add: (value) => `m.v${values.push(value) - 1}` });
  if (values.length <= MAX_VALUES) return { ...meter, text, values, from: null };
  const bound = new BoundValues();
  return { ...meter, text: textOf(bound), values: [], from: bound.from() };
}

/**
 * Takes the first meters that fit into one transaction: at least one, together at most so many pairs of a meter and an
 * event, and no more than can be examined in the time of a transaction.
 */
export function takeTogether<M extends CompiledMeter>(
  meters: readonly M[],
  shareOf: (meter: CountingMeter) => Share,
  most: number,
): M[] {
  const [first, ...others] = meters as [M, ...M[]];
  const together = [first];
  const texts = new Set([allOf(first)]);
  let [pairs, time, characters] = [shareOf(first).events, timeOf(first, shareOf), allOf(first).length];
  for (const meter of others) {
    const key = allOf(meter);
    pairs += shareOf(meter).events;
    time += timeOf(meter, shareOf);
    if (!texts.has(key)) characters += key.length + CASE_CHARACTERS;
    const fits = pairs <= most && time <= TRANSACTION_TIME && characters <= MAX_CHARACTERS;
    if (!fits || hasTables(first) || hasTables(meter) || isNamed(meter) !== isNamed(first)) break;
    texts.add(key);
    together.push(meter);
  }
  return together;
}

const timeOf = (meter: CountingMeter, shareOf: (meter: CountingMeter) => Share) =>
  countingTimeOf(meter, shareOf(meter));

/** Characters around each text in the three CASE expressions. */
const CASE_CHARACTERS = 60;

const isNamed = ({ names }: CountingMeter) => names !== null;
const keyOf = ({ text: { matches, contributes, value, dimension } }: Compiled) =>
  [matches, contributes, value, ...(dimension === undefined ? [] : [dimension.place, dimension.value])].join("\n");
const allOf = (meter: CompiledMeter) => [meter, ...meter.dimensions].map(keyOf).join("\n");
const hasTables = (meter: CompiledMeter) => [meter, ...meter.dimensions].some(({ from }) => from !== null);

/** The events that a statement takes for a meter, and what it selects of them. */
type Taken = { condition: string; columns: Record<string, string> };

/** For rollups. Those of a unique meter count all matching events, with or without a value, to show which customers have events. */
export function takenForRollups({ func, matches, contributes, value }: DefinitionText): Taken {
  if (!keepsValues(func))
    return { condition: `${matches} AND ${contributes}`, columns: { value, at: "e.ingested_at" } };
  const at = `CASE WHEN ${contributes} THEN e.ingested_at END`;
  return { condition: matches, columns: { value: "NULL", at } };
}

/** For totals: those of a unique meter also count values. */
export function takenForTotals(text: DefinitionText): Taken {
  const { condition, columns } = takenForRollups(text);
  if (!keepsValues(text.func)) return { condition, columns };
  return { condition, columns: { ...columns, value: `CASE WHEN ${text.contributes} THEN ${text.value} END` } };
}

/** For balances that are added up from totals and these events. */
export function takenForTail({ matches, contributes, value }: DefinitionText): Taken {
  return { condition: `${matches} AND ${contributes}`, columns: { value, at: "e.ingested_at" } };
}

/** For distinct values. */
export function takenForUniques({ matches, contributes, value }: DefinitionText): Taken {
  return { condition: `${matches} AND ${contributes}`, columns: { value, at: "NULL" } };
}

/** For rollups of dimensions, and for their distinct values. */
export function takenForDimensions({ matches, contributes, value, dimension }: Text): Taken {
  const columns = { dimension: dimension!.place, dimension_value: dimension!.value, value };
  return { condition: `${matches} AND ${contributes}`, columns };
}

/**
 * Tables of a WITH clause: the meters in `metered`, and in `matching` the events that they count. A meter that no longer has
 * the definition for which the statement was made, or does not meet the condition, has no rows.
 */
export function matchingTables(meters: readonly Compiled[], taken: (text: Text) => Taken, counted: Counted): SQL {
  const texts = new Map(meters.map((meter) => [keyOf(meter), meter.text]));
  const places = [...texts.keys()];
  const parts = [...texts.values()].map(taken);
  const names = Object.keys(parts[0]!.columns);
  const columns = names.map((name) => caseOf(parts.map((each) => each.columns[name]!)));
  const byName = isNamed(meters[0]!);
  const [named, join] = byName
    ? [
        sql`,\n    ${namedSql(meters)}`,
        sql`CROSS JOIN named AS n ON n.name = e.name CROSS JOIN metered AS m ON m.place = n.place`,
      ]
    : [sql``, sql`CROSS JOIN metered AS m`];
  return sql`${meteredSql(meters, places, counted.meters)}${named},
    matching (meter_id, customer, bucket, seq, ${sql.raw(names.join(", "))}) AS MATERIALIZED (
      SELECT m.meter_id, ${CUSTOMER_OF_EVENT}, ${BUCKET_OF_EVENT}, e.seq, ${sql.join(columns, sql`, `)}
      FROM ${meters[0]!.from ?? sql``}events AS e ${join}
      WHERE ${counted.events} AND EXISTS (SELECT 1 FROM metered) AND ${caseOf(parts.map(({ condition }) => condition))}
    )`;
}

/** Selects the text of meter `m` from the different texts. */
function caseOf(texts: string[]): SQL {
  if (new Set(texts).size === 1) return sql.raw(texts[0]!);
  return sql.raw(`CASE m.text ${texts.map((text, index) => `WHEN ${index} THEN (${text})`).join(" ")} END`);
}

/** Whether any balance on a meter `m` was reset. */
export const HAS_RESETS = sql`EXISTS (SELECT 1 FROM meter_balances AS b WHERE b.meter_id = m.id AND b.reset_seq > 0)`;

/** The meters that have not changed since they were read: their texts, whether any balance was reset, and their values. */
function meteredSql(meters: readonly Compiled[], texts: string[], isCounting: SQL): SQL {
  const read = meters.map((meter) => [
    meter.id,
    meter.definition_version,
    texts.indexOf(keyOf(meter)),
    ...meter.values,
  ]);
  const columns = Array.from({ length: Math.max(...meters.map(({ values }) => values.length)) }, (_, index) => index);
  const names = sql.raw(columns.map((index) => `, v${index}`).join(""));
  const values = sql.raw(columns.map((index) => `, read.value ->> ${index + 3}`).join(""));
  return sql`metered (place, meter_id, has_resets, text${names}) AS MATERIALIZED (
      SELECT CAST(read.key AS INTEGER), m.id,
        ${HAS_RESETS}, read.value ->> 2${values}
      FROM json_each(${JSON.stringify(read)}) AS read
      CROSS JOIN meters AS m ON m.id = read.value ->> 0
      WHERE m.definition_version = read.value ->> 1 AND ${isCounting}
    )`;
}

/** The event names of each meter. The casts give the columns types, so that SQLite can index them for the joins. */
function namedSql(meters: readonly Compiled[]): SQL {
  const named = meters.flatMap(({ names }, place) => names!.map((name) => [name, place]));
  return sql`named (name, place) AS MATERIALIZED (
      SELECT CAST(value ->> 0 AS TEXT), CAST(value ->> 1 AS INTEGER) FROM json_each(${JSON.stringify(named)})
    )`;
}
