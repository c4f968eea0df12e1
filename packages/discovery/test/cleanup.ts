import { afterEach } from 'vitest';

/** Ends what a test started, in the reverse order, after the test. Call once per file. */
export function cleanup(): <T extends { close(): unknown }>(started: T) => T {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const started of open.splice(0).toReversed()) await started.close();
  });
  return (started) => {
    open.push(started);
    return started;
  };
}
