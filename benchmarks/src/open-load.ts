import { setTimeout as sleep } from 'node:timers/promises';

/** Keys like those of sessions. */
export function sessionKeys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `s/${String(index).padStart(43, '0')}`);
}

/**
 * Asks for keys at a steady rate, whether or not earlier ones were answered, and waits until all are settled. Resolves
 * to their number.
 */
export async function openLoad(
  keys: readonly string[],
  perMillisecond: number,
  seconds: number,
  ask: (key: string) => Promise<void>,
): Promise<number> {
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  for (let now = begin; now < begin + seconds * 1_000; now = performance.now()) {
    // Catches up at once after a late timer, so that the rate is met.
    for (const due = (now - begin) * perMillisecond; pending.length < due;)
      pending.push(ask(keys[(pending.length * 7_919) % keys.length] ?? ''));
    await sleep(1);
  }
  await Promise.all(pending);
  return pending.length;
}
