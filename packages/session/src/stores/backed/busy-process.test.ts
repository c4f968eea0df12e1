import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { OutageLog } from '../../lifecycle/outage-log.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { resolveBacking } from './backing-options.ts';
import { memoryBacking } from './memory-backing.ts';
import { PendingWrites } from './pending-writes.ts';
import { RateLimiter } from './rate-limiter.ts';

const TIMEOUT_MS = 500;

/** Synchronous work, longer than any timeout here. */
function work(): void {
  const end = performance.now() + 2 * TIMEOUT_MS;
  while (performance.now() < end);
}

/** The answer of a database: I/O, which a busy process reads late. */
async function answer(): Promise<void> {
  await readFile(new URL(import.meta.url));
}

describe('a process that is busy for longer than a timeout', () => {
  it('does not time out a database that has answered', async () => {
    const resolved = resolveBacking({ backing: memoryBacking(), backingLimits: { timeoutMs: TIMEOUT_MS } });
    if (resolved === undefined) throw new Error('no backing');
    const loaded = new CircuitBreaker(resolved, Date.now, new OutageLog(() => {}, Date.now)).run('load', () =>
      answer().then(() => 'loaded'),
    );
    work();
    expect(await loaded).toBe('loaded');
  });

  it('lets in queued requests', async () => {
    const turnstile = new RateLimiter({ concurrency: 1, queued: 1, waitMs: TIMEOUT_MS });
    const leave = await turnstile.enter();
    const second = turnstile.enter();
    void answer().then(() => leave?.());
    work();
    expect(await second).toBeTypeOf('function');
  });

  it('writes pending saves when it closes', async () => {
    const writes = new PendingWrites({ name: 'test', most: 10, now: Date.now, write: answer });
    writes.add('id', { kind: 'destroy', until: Date.now() + 60_000, failed: false });
    const lost = writes.close(TIMEOUT_MS);
    work();
    expect(await lost).toBe(0);
  });
});
