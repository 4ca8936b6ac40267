import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where `npm run dev` answers, and a key for all of an operator's operations there. */
export type LocalOperator = { url: string; key: string };

const fileIn = (folder: string) => join(folder, "operator.json");

/** Records where the server on a folder of local data is, for other commands of this user. */
export async function writeLocalOperator(folder: string, operator: LocalOperator): Promise<void> {
  // In one step: commands and other servers read it at any time.
  const written = `${fileIn(folder)}.${process.pid}`;
  await writeFile(written, JSON.stringify(operator), { mode: 0o600 });
  await rename(written, fileIn(folder));
}

/** Reads where the server on a folder of local data is; null when none runs. */
export async function readLocalOperator(folder: string): Promise<LocalOperator | null> {
  const text = await readFile(fileIn(folder), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as LocalOperator);
}

/** Removes the record of a server that has ended, unless another one has started on the same data. */
export async function removeLocalOperator(folder: string, key: string): Promise<void> {
  if ((await readLocalOperator(folder))?.key === key) await rm(fileIn(folder), { force: true });
}
