/**
 * Calls `make` `count` times, at most `limit` concurrently. After a failure, starts no further call, waits for the
 * pending ones, and rejects with the first failure.
 */
export async function inParallel<T>(count: number, limit: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  const failures: unknown[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count && failures.length === 0) {
      begun++;
      try {
        made.push(await make());
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, lane));
  if (failures.length > 0) throw failures[0];
  return made;
}
