import { and, type SQL, sql } from "drizzle-orm";
import { MAX_PAGE_BYTES } from "../../store/limits.ts";
import type { Statement } from "../../store/store.ts";
import { type Aggregation, keepsValues } from "../definition/aggregation.ts";
import { compileWith, type CompiledDefinition, type Definition } from "../definition/definition.ts";
import { BoundValues } from "../definition/event-sql.ts";
import { KINDS, kindSql } from "../definition/kind-sql.ts";
import { ALL_CUSTOMERS, CUSTOMER_OF_EVENT, externalKey, selectCustomerKeys } from "../rollups/customer-key.ts";
import { clamp } from "../rollups/rollups.ts";
import type { Grouping } from "./grouping.ts";
import { type CustomerRollups, rollupsOfEach, rollupsOfNamed } from "./customer-rollups.ts";
import { rollupTables } from "./dimension-rollups.ts";
import { tailTable } from "./tail.ts";
import { OF_PARTS, type PartColumns, partColumns, reduceSql } from "./parts.ts";
import { eventsSql, type QuantitiesQuery, type RollupSource, type Source } from "./quantities-sql.ts";
import { periodsSql, slotOfEvent, slotsSql } from "./window.ts";

/**
 * What the statement finds. Rows with a period are the quantity of a group in it, by the group's place from 1 on; place 0 is all
 * groups that are not shown. A row without a period names the group at its place, and says how many groups there are; there
 * are none when the names are too long for an answer. A row without a place says that there is too much to read.
 */
export type FoundGroup = {
  place: number | null;
  period: number | null;
  quantity: number | null;
  events: number;
  total: number;
  distinct_total: number;
  /** A group as JSON: `[external id, id]` of a customer, or `[kind, value]` of a property, where the value is text. */
  grp: string | null;
  name: string | null;
  email: string | null;
  group_count: number;
};

/**
 * The statement that finds the quantities of the first groups, and of all others together. It reads from top to bottom: parts
 * per member and period, where a member is an identity of a customer or a value; the groups of members; the total of each
 * group, by which the first ones are chosen; and the quantities of these and of the rest.
 */
export function groupsSql(
  organizationId: string,
  definition: Definition,
  query: QuantitiesQuery,
  source: Source,
  grouping: Grouping,
): Statement<FoundGroup> {
  const values = new BoundValues();
  const compiled = compileWith(definition, values);
  const member = grouping.by === "customer" ? CUSTOMER_OF_EVENT : sql.raw(kindSql(grouping.by.property, values));
  const counting: CompiledDefinition = { ...compiled, from: sql`${values.from()}events AS e` };
  const isUnique = keepsValues(compiled.func);
  const rollups = source === "scan" ? null : rollupsOf(organizationId, source, query, isUnique);
  const columns = partColumns(compiled.func);
  const tables = [
    periodsSql(query.window),
    slotsSql(query.window),
    ...(source === "scan" ? [] : [tailTable(organizationId, source, query.tailCost)]),
    ...(rollups?.tables ?? []),
    sql`matching (slot, member, value) AS (
      SELECT ${slotOfEvent(query.window)}, ${member}, ${compiled.value} FROM ${counting.from}
      WHERE ${and(eventsSql(organizationId, counting, query, source), isUnique ? compiled.contributes : undefined)}
      LIMIT -1
    )`,
    isUnique ? rawValuesSql(rollups) : rawNumbersSql(columns, rollups, grouping.by),
    ...(grouping.by === "customer" ? [membersSql(organizationId)] : []),
    partsSql(columns, isUnique, grouping.by),
    chosenSql(compiled.func, grouping),
  ];
  const refusal = sql`
    UNION ALL SELECT NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, 0 FROM affordable WHERE NOT is_affordable`;
  return sql`
    WITH RECURSIVE ${sql.join(tables, sql`,\n    `)}
    SELECT place, period, ${quantityOf(compiled.func)} AS quantity, ${isUnique ? sql`0, 0` : SUMS},
      ${isUnique ? sql`(SELECT total FROM distinct_totals AS d WHERE d.place = placed.place)` : sql`0`} AS distinct_total,
      NULL AS grp, NULL AS name, NULL AS email, 0 AS group_count
    FROM placed GROUP BY place, period
    UNION ALL SELECT place, NULL, NULL, 0, 0, 0, grp, ${ownerOf(organizationId, grouping)}, (SELECT count(*) FROM totals)
    FROM top WHERE (SELECT total(octet_length(grp)) FROM top) <= ${MAX_PAGE_BYTES}${rollups?.canBeTooMany === true ? refusal : sql``}`;
}

const SUMS = sql`sum(events) AS events, ${clamp(sql`total(total)`)} AS total`;

const quantityOf = (func: Aggregation["func"]) =>
  keepsValues(func) ? sql`count(DISTINCT value)` : reduceSql(func, OF_PARTS);

/** The name and the e-mail address of the customer that a group `top` is, if it is one. */
function ownerOf(organizationId: string, { by }: Grouping): SQL {
  if (by !== "customer") return sql`NULL, NULL`;
  const isOwner = sql`known.id = grp ->> 1 AND known.organization_id = ${organizationId} AND known.deleted_at IS NULL`;
  return sql`(SELECT name FROM customers AS known WHERE ${isOwner}), (SELECT email FROM customers AS known WHERE ${isOwner})`;
}

/** The rollups of each customer, or those of a dimension, of all customers or of named ones. */
function rollupsOf(
  organizationId: string,
  source: RollupSource,
  query: QuantitiesQuery,
  isUnique: boolean,
): CustomerRollups {
  const { rollupsOf: meterId, dimension } = source;
  const of = rollupTables(dimension);
  const tables = [isUnique ? of.uniques : of.rollups];
  const keys = selectCustomerKeys(organizationId, query.customers);
  if (dimension !== undefined)
    return rollupsOfNamed(meterId, query, keys ?? sql`SELECT ${ALL_CUSTOMERS}`, tables, of, of.dimensionValue);
  const key = sql.raw("r.customer");
  return keys === undefined
    ? rollupsOfEach(meterId, query, tables, of, key)
    : rollupsOfNamed(meterId, query, keys, tables, of, key);
}

/** Numbers of each member and period, from rollups and from events. */
function rawNumbersSql(columns: PartColumns, rollups: CustomerRollups | null, by: Grouping["by"]): SQL {
  const { names, ofEvents } = columns;
  const { tables, rows } = rollups ? storedNumbers(columns, rollups, by) : { tables: [], rows: [] };
  const tail = sql`tail (slot, member, ${names}) AS MATERIALIZED (SELECT slot, member, ${ofEvents} FROM matching GROUP BY 1, 2)`;
  const ofTail = sql`SELECT period, member, ${names} FROM tail CROSS JOIN slots USING (slot)`;
  const raw = sql`raw (period, member, ${names}) AS MATERIALIZED (
      ${sql.join([...rows, ofTail], sql` UNION ALL `)}
    )`;
  return sql.join([...tables, tail, raw], sql`,\n    `);
}

/**
 * The rows of stored numbers. A value can have one in every bucket: they are added up by slot, before their periods are looked
 * up. Those of customers are usually few, and are added up by group.
 */
function storedNumbers({ names, ofRollups, ofParts }: PartColumns, rollups: CustomerRollups, by: Grouping["by"]) {
  const { select, of } = rollups;
  if (by === "customer") return { tables: [], rows: [select(of.rollups, ofRollups(of.row))] };
  const summed = sql`summed (slot, member, ${names}) AS (SELECT slot, member, ${ofParts} FROM stored GROUP BY member, slot)`;
  return {
    tables: [sql`stored (slot, member, ${names}) AS (${select(of.rollups, ofRollups(of.row), "slot")}\n    )`, summed],
    rows: [sql`SELECT period, member, ${names} FROM summed CROSS JOIN slots USING (slot)`],
  };
}

/** Distinct values of each member and period, from rollups and from events. */
function rawValuesSql(rollups: CustomerRollups | null): SQL {
  const stored = rollups && sql`${rollups.select(rollups.of.uniques, rollups.of.value)} UNION ALL`;
  return sql`tail (slot, member, value) AS MATERIALIZED (SELECT DISTINCT slot, member, value FROM matching),
    raw (period, member, value) AS MATERIALIZED (
      ${stored ?? sql``}
      SELECT period, member, value FROM tail CROSS JOIN slots USING (slot)
    )`;
}

/** The group of each customer key: its undeleted customer, or the id that it has; generations of an unowned external id are one. */
function membersSql(organizationId: string): SQL {
  const own = (name: string) =>
    sql`${sql.raw(name)}.organization_id = ${organizationId} AND ${sql.raw(name)}.deleted_at IS NULL`;
  const external = sql.raw("substr(k.member, instr(k.member, ':') + 1)");
  return sql`members (member, grp) AS MATERIALIZED (
      SELECT CAST(k.member AS TEXT), CASE WHEN known.id IS NOT NULL THEN json_array(known.external_id, known.id)
        WHEN k.member GLOB 'id:*' THEN json_array(NULL, ${external}) ELSE json_array(${external}, NULL) END
      FROM (SELECT DISTINCT member FROM raw) AS k LEFT JOIN customers AS known ON ${own("known")}
        AND known.id = CASE WHEN k.member GLOB 'id:*' THEN ${external} ELSE (
          SELECT owner.id FROM customers AS owner WHERE ${own("owner")} AND owner.external_id = ${external}
            AND ${externalKey(sql.raw("owner.external_id"), sql.raw("owner.generation"))} = k.member
        ) END
    )`;
}

/** Parts of each group and period: its numbers, or a row for each value. */
function partsSql({ names, ofParts }: PartColumns, isUnique: boolean, by: Grouping["by"]): SQL {
  const columns = isUnique ? sql`value` : names;
  if (by !== "customer") return sql`parts (grp, period, ${columns}) AS (SELECT member, period, ${columns} FROM raw)`;
  return sql`parts (grp, period, ${columns}) AS MATERIALIZED (
      SELECT grp, period, ${isUnique ? columns : ofParts}
      FROM raw JOIN members ON members.member = raw.member${isUnique ? sql`` : sql` GROUP BY 1, 2`}
    )`;
}

/** The groups with their totals, the first of them with their places, and the parts with the places of their groups. */
function chosenSql(func: Aggregation["func"], { by, limit, sorting }: Grouping): SQL {
  const value = sql`CASE grp ->> 0 WHEN ${sql.raw(String(KINDS.number))} THEN (grp ->> 1) * 1.0 ELSE grp ->> 1 END`;
  const key = by === "customer" ? sql`grp ->> 0, grp ->> 1` : sql`grp ->> 0, ${value}`;
  const order = { "-total": sql`total DESC, ${key}`, total: sql`total, ${key}`, key }[sorting];
  const distinct = sql`,
    distinct_totals (place, total) AS MATERIALIZED (SELECT place, count(DISTINCT value) FROM placed GROUP BY place)`;
  return sql`totals (grp, total) AS MATERIALIZED (SELECT grp, ${quantityOf(func)} FROM parts GROUP BY grp),
    top (place, grp) AS MATERIALIZED (
      SELECT row_number() OVER (ORDER BY ${order}), CAST(grp AS TEXT)
      FROM (SELECT grp, total FROM totals ORDER BY ${order} LIMIT ${limit})
    ),
    placed AS MATERIALIZED (
      SELECT coalesce(top.place, 0) AS place, parts.* FROM parts LEFT JOIN top ON top.grp = parts.grp
    )${keepsValues(func) ? distinct : sql``}`;
}
