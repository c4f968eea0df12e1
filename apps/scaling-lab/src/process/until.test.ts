import { describe, expect, it } from 'vitest';
import { until } from './until.ts';

const options = { what: 'the nodes', everyMs: 1, timeoutMs: 10_000, signal: new AbortController().signal };

describe('until', () => {
  it('looks until nothing is missing', async () => {
    let looks = 0;
    await until(() => ((looks += 1) < 3 ? 'still one' : undefined), options);
    expect(looks).toBe(3);
  });

  it('gives up in the end, and says what was missing', async () => {
    await expect(until(() => 'node b', { ...options, timeoutMs: 0 })).rejects.toThrow(
      'gave up after 0 ms waiting for the nodes: node b',
    );
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const waiting = until(() => 'everything', { ...options, everyMs: 60_000, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});
