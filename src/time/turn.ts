/**
 * Lets other requests run. A local database runs in the same process as the Worker, and answers so fast that the runtime
 * would read no request from the network between the statements of long work.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
