import { openStore } from "../../src/store/open.ts";
import type { OpenStore, Statement } from "../../src/store/store.ts";

/** Stores that keep the statements which they run, in order, and what was kept. */
export function recording(): { open: OpenStore; statements: Statement[] } {
  const kept: Statement[] = [];
  const open: OpenStore = (bindings, home, usage) => {
    const store = openStore(bindings, home, usage);
    return {
      ...store,
      read(statements) {
        kept.push(...statements);
        return store.read(statements);
      },
      write(statements, options) {
        kept.push(...statements);
        return store.write(statements, options);
      },
    };
  };
  return { open, statements: kept };
}

/** Returns whether a statement begins so, in whatever case, and whether or not its names are quoted. */
export function begins(text: string, beginning: string): boolean {
  return text.trimStart().replaceAll('"', "").toLowerCase().startsWith(beginning.toLowerCase());
}
