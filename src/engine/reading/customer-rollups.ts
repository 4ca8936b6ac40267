import { type SQL, sql } from "drizzle-orm";
import { STATEMENT_BUDGET } from "../definition/scan-cost.ts";
import { ALL_CUSTOMERS, identityOf, selectEveryCustomerKey } from "../rollups/customer-key.ts";
import type { RollupTables } from "./dimension-rollups.ts";
import type { QuantitiesQuery } from "./quantities-sql.ts";
import { bucketsOf, slotOf } from "./window.ts";

/**
 * Microseconds, measured on D1: to find a customer's rollups twice (to count and to read them), and per row, which is less if
 * all customers' numbers are added up.
 */
const COST = { customer: 6, row: 1.7, addedRow: 1 };
const MOST_CUSTOMERS = Math.floor(STATEMENT_BUDGET / COST.customer);
const MOST_ROWS = Math.floor(STATEMENT_BUDGET / COST.row);

/** How a statement reads rollups. */
export type Rollups = {
  /** Tables of its WITH clause. */
  tables: SQL[];
  of: RollupTables;
  /** Selects the period, the customer and these columns from one of the tables `of` rollups. */
  select: (table: SQL, columns: SQL) => SQL;
  /** Whether the statement has a table `affordable`, which decides whether rollups are read. */
  canBeTooMany: boolean;
  /** Whether these are the rollups of all customers together. */
  ofAll: boolean;
};

/** The same, read customer by customer. With slots instead of periods, the periods can be looked up once rollups are added up. */
export type CustomerRollups = Omit<Rollups, "select"> & {
  select: (table: SQL, columns: SQL, place?: "period" | "slot") => SQL;
};

/** The rollups of all customers together: few, and read period by period. */
export function rollupsOfAll(meterId: string, of: RollupTables): Rollups {
  const select = (table: SQL, columns: SQL) => sql`
      SELECT period, ${ALL_CUSTOMERS}, ${columns}
      FROM periods CROSS JOIN ${table}
      WHERE r.meter_id = ${meterId} AND r.customer = ${ALL_CUSTOMERS}
        AND r.bucket >= first_bucket AND r.bucket < end_bucket`;
  return { tables: of.tables, of, select, canBeTooMany: false, ofAll: true };
}

/**
 * The rollups of the requested customers, read customer by customer, unless that takes too long.
 * @param customer what is selected of a rollup's customer
 */
export function rollupsOfNamed(
  meterId: string,
  query: QuantitiesQuery,
  keys: SQL,
  tables: SQL[],
  of: RollupTables,
  customer = customerOf(query),
): CustomerRollups {
  const canBeTooMany = tables.includes(of.uniques) || of.areMany || !areFew(query);
  const customerKeys = sql`customer_keys (customer) AS MATERIALIZED (${keys})`;
  const ofCustomer = isOfCustomer(meterId, query);
  const areAdded = !tables.includes(of.uniques) && (customer === ALL_CUSTOMERS || customer === of.dimensionValue);
  const rowCost = areAdded ? COST.addedRow : COST.row;
  return {
    of,
    tables: [...of.tables, customerKeys, ...(canBeTooMany ? [affordableSql(tables, ofCustomer, rowCost)] : [])],
    select: (table, columns, place) => {
      const select = selectFrom(query, table, sql`${customer}, ${columns}`, place);
      return canBeTooMany ? select(AFFORDABLE_KEYS, sql`is_affordable AND ${ofCustomer}`) : select(KEYS, ofCustomer);
    },
    canBeTooMany,
    ofAll: false,
  };
}

/**
 * The rollups of every customer of a meter, unless that takes too long. If the meter has few, `short` contains its id and all
 * are read in one pass; otherwise `short` is empty, and they are read customer by customer.
 * @param customer what is selected of a rollup's customer
 */
export function rollupsOfEach(
  meterId: string,
  query: QuantitiesQuery,
  tables: SQL[],
  of: RollupTables,
  customer = customerOf(query),
): CustomerRollups {
  const { mostScanned = MOST_ROWS } = query;
  const ofAnyone = sql`r.meter_id = ${meterId} AND r.customer > ${ALL_CUSTOMERS}`;
  const ofCustomer = isOfCustomer(meterId, query);
  const ofShort = sql`r.meter_id = short.meter_id AND r.customer > ${ALL_CUSTOMERS} AND ${isInRange(query)}`;
  return {
    of,
    tables: [
      ...of.tables,
      sql`short (meter_id) AS MATERIALIZED (
      SELECT ${meterId} WHERE ${countSql(tables, sql``, ofAnyone, MOST_ROWS)} <= ${mostScanned}
    )`,
      sql`customer_keys (customer) AS MATERIALIZED (
      ${selectEveryCustomerKey(meterId)} WHERE NOT EXISTS (SELECT 1 FROM short) LIMIT ${MOST_CUSTOMERS + 1}
    )`,
      affordableSql(tables, ofCustomer, COST.row),
    ],
    select: (table, columns, place) => {
      const select = selectFrom(query, table, sql`${customer}, ${columns}`, place);
      return sql`${select(sql`short`, ofShort)}
      UNION ALL ${select(AFFORDABLE_KEYS, sql`is_affordable AND ${ofCustomer}`)}`;
    },
    canBeTooMany: true,
    ofAll: false,
  };
}

const KEYS = sql.raw("customer_keys AS c");
const AFFORDABLE_KEYS = sql`affordable CROSS JOIN ${KEYS}`;

/** Whose rollups are told apart: nobody's, or each identity's. */
function customerOf({ customerFunction }: QuantitiesQuery): SQL {
  return customerFunction === undefined ? ALL_CUSTOMERS : identityOf(sql.raw("r.customer"));
}

function isInRange({ window }: QuantitiesQuery): SQL {
  const { first, end } = bucketsOf(window.range);
  return sql`r.bucket >= ${first} AND r.bucket < ${end}`;
}

function isOfCustomer(meterId: string, query: QuantitiesQuery): SQL {
  return sql`r.meter_id = ${meterId} AND r.customer = c.customer AND ${isInRange(query)}`;
}

/** Selects rollups with their slots, or with their periods, which are looked up by slot instead of compared one by one. */
function selectFrom(query: QuantitiesQuery, table: SQL, columns: SQL, place: "period" | "slot" = "period") {
  const slot = slotOf(query.window, sql.raw("r.bucket"));
  const [first, periods] = place === "slot" ? [slot, sql``] : [sql`period`, sql` CROSS JOIN slots ON slot = ${slot}`];
  return (from: SQL, condition: SQL) => sql`
      SELECT ${first}, ${columns}
      FROM ${from} CROSS JOIN ${table}${periods}
      WHERE ${condition}`;
}

/** Counts rollups and values, up to one more than may be read. */
function countSql(tables: SQL[], before: SQL, condition: SQL, most: number): SQL {
  const each = tables.map((table) => sql`SELECT 1 FROM ${before}${table} WHERE ${condition}`);
  return sql`(SELECT count(*) FROM (${sql.join(each, sql` UNION ALL `)} LIMIT ${most + 1}))`;
}

/** Whether the rollups of `customer_keys` can be read within the time budget of a statement. */
function affordableSql(tables: SQL[], ofCustomer: SQL, rowCost: number): SQL {
  const rows = countSql(tables, sql`${KEYS} CROSS JOIN `, ofCustomer, Math.floor(STATEMENT_BUDGET / rowCost));
  return sql`affordable (is_affordable) AS MATERIALIZED (
      SELECT (SELECT count(*) FROM customer_keys) * ${COST.customer} + ${rows} * ${rowCost} <= ${STATEMENT_BUDGET}
    )`;
}

/** Returns whether so few customers are named that counting is unnecessary, even with a rollup in every bucket. */
function areFew(query: QuantitiesQuery): boolean {
  const { ids = [], externalIds = [] } = query.customers;
  const { first, end } = bucketsOf(query.window.range);
  return 2 * (ids.length + externalIds.length) * (COST.customer + (end - first) * COST.row) <= STATEMENT_BUDGET;
}
