/**
 * Waits for work at most some time. Work that takes longer is not ended: nobody learns what becomes of it.
 * @param milliseconds work does not begin when there are none left
 * @param failure makes what is thrown when the time is over
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
