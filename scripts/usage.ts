import { parseArgs, type ParseArgsConfig } from "node:util";

/** An invalid argument of a command: reported in one line, with exit code 2. */
export class UsageError extends Error {}

/**
 * Reads the arguments of a command.
 * @throws UsageError for an argument that it does not have
 */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split(". ")[0] + "." : String(error));
  }
}

/** Runs a command with the process's arguments; what it throws is reported in one line. */
export async function runCommand(main: (args: string[]) => Promise<void>): Promise<void> {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
