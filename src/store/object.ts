import { repeatWhenLost } from "./failures.ts";
import { packLongTexts, unpackLongTexts } from "./long-texts.ts";
import { toQuery } from "./db.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";
import type { Query, Rows, Statement, Store, Usage, Written } from "./store.ts";
import { measure } from "./usage.ts";

/** The interface of an organization's object. During a deployment, it can have another version than the Worker. */
export type OrganizationRpc = {
  /**
   * Runs statements in one transaction; long texts are packed in both directions.
   * @param schema the number of migrations that the statements need
   * @returns null, without running anything, when the object has fewer migrations
   */
  run(queries: Query[], schema: number): Promise<Written[] | null>;
  /** The size of the database in bytes. */
  size(): Promise<number>;
  /** Applies the missing migrations. */
  migrate(migrations: readonly Migration[]): Promise<void>;
};

/** Opens the store of an organization that is in a Durable Object of its own. */
export const openObject = (
  { ORGANIZATIONS }: Pick<Env, "ORGANIZATIONS">,
  organizationId: string,
  usage?: Usage,
): Store => {
  // A stub stays broken after a failure, so each attempt uses a new one.
  const open = () => ORGANIZATIONS.getByName(organizationId) as unknown as OrganizationRpc;
  const run = async (statements: readonly Statement[]): Promise<Written[]> => {
    const object = open();
    const queries = statements.map(toQuery);
    packLongTexts(queries.map(({ params }) => params));
    const send = () =>
      measure(
        usage,
        () => object.run(queries, MIGRATIONS.length),
        ({ rowsRead = 0, rowsWritten = 0 }) => [rowsRead, rowsWritten],
      );
    let results = await send();
    if (results === null) {
      // The object still runs older code, which can nevertheless apply the new migrations.
      await object.migrate(MIGRATIONS);
      results = await send();
    }
    unpackLongTexts(results!.flatMap(({ rows }) => rows));
    return results!;
  };
  return {
    organizationId,
    kind: () => "object",
    catchesUp: true,
    bytes: () => repeatWhenLost(() => open().size()),
    async read<const S extends readonly Statement[]>(statements: S) {
      const results = await repeatWhenLost(() => run(statements));
      return results.map(({ rows }) => rows) as Rows<S>;
    },
    write(statements, options) {
      if (options === undefined) return run(statements);
      return repeatWhenLost((attempt) => run(attempt === 1 ? statements : options.repeat));
    },
  };
};
