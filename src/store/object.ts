import { repeatWhenLost } from "./failures.ts";
import { packLongTexts, unpackLongTexts } from "./long-texts.ts";
import { type Query, toQuery } from "./db.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";
import type { Rows, Statement, Store, Usage, Written } from "./store.ts";
import { measure } from "./usage.ts";

/** What an organization's object does for the Worker. Both can be of different versions while one is deployed. */
export type OrganizationRpc = {
  /**
   * Runs statements in one transaction, of which nobody sees a part.
   * @param schema how many migrations the caller's statements need
   * @returns null, and nothing was run, when the object has fewer; long texts are packed, in both directions
   */
  run(queries: Query[], schema: number): Promise<Written[] | null>;
  /** Applies those migrations that the object does not have. */
  migrate(migrations: readonly Migration[]): Promise<void>;
};

/** Opens the store of an organization that is in a Durable Object of its own. */
export const openObject = (
  { ORGANIZATIONS }: Pick<Env, "ORGANIZATIONS">,
  organizationId: string,
  usage?: Usage,
): Store => {
  const run = async (statements: readonly Statement[]): Promise<Written[]> => {
    // A stub that has failed stays broken: each attempt has its own.
    const object = ORGANIZATIONS.getByName(organizationId) as unknown as OrganizationRpc;
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
      // The object still runs the code before this one's: it can apply this one's migrations all the same.
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
