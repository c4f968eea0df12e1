import { onTestFinished } from 'vitest';

/** Ends what a test started when the test ends; the last first. */
export function use<T extends { close(): unknown }>(started: T): T {
  onTestFinished(async () => {
    await started.close();
  });
  return started;
}
