// Limits of this project, each below one of D1, which objects have too: https://developers.cloudflare.com/d1/platform/limits/

/** The maximum size of a row in bytes; D1 allows 2,000,000. */
export const MAX_ROW_BYTES = 1_900_000;
/** The maximum size in bytes of a bound value with several rows; D1 allows 2,000,000. */
export const MAX_PARAMETER_BYTES = 1_000_000;
/** The maximum size of one event in bytes of JSON: it must fit into a row, and into a bound value with others. */
export const MAX_EVENT_BYTES = 900_000;
/** The maximum number of parameters, and of bound values that become columns of a table; D1 allows 100 of either. */
export const MAX_COLUMNS = 90;
/** The maximum number of clauses in one statement: each needs up to 400 bytes of SQL, and D1 allows 100 KB. */
export const MAX_STATEMENT_CLAUSES = 225;
/** The maximum length of a property in code points: 200 of them must fit into one bound value. */
export const MAX_PROPERTY_LENGTH = 2500;
/** The maximum size of a page's items in bytes of JSON; a larger page is refused before it is read. */
export const MAX_PAGE_BYTES = 16 * 1024 * 1024;
/** The maximum size of a D1 database, and of the database of an object, on the Workers Paid plan. */
export const MAX_DATABASE_BYTES = 10_000_000_000;
/** The statements after which a run of the jobs begins no new work: D1 allows 1,000 per invocation. */
export const MAX_SCHEDULED_STATEMENTS = 980;
/** The statements of a job in one alarm of an object: an invocation has 30 seconds of CPU time. */
export const MAX_ALARM_STATEMENTS = 150;
