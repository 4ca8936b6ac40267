/** An invalid argument of a command: reported in one line, with exit code 2. */
export class UsageError extends Error {}
