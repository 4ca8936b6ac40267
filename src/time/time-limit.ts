/**
 * Waits for work for a limited time. Work that takes longer is not aborted; its result is ignored.
 * @param milliseconds the limit; work does not begin if it is not positive
 * @param failure makes the error that is thrown when time is up
 */
export async function withinTime<T>(milliseconds: number, work: () => Promise<T>, failure: () => Error): Promise<T> {
  if (milliseconds <= 0) throw failure();
  let timer: number | null = null;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure()), milliseconds);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
