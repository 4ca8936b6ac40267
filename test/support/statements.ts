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

/** A statement's text as it can be compared: Drizzle writes keywords in lower case, and quotes names. */
export function plain(text: string): string {
  return text.trimStart().replaceAll('"', "").toLowerCase();
}

/** Returns whether a statement begins so. */
export function begins(text: string, beginning: string): boolean {
  return plain(text).startsWith(plain(beginning));
}
