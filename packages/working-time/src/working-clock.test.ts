import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { afterWorking, WorkingClock } from './working-clock.ts';

/** Synchronous work. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function calledAfter(clock: WorkingClock, ms: number): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => clock.start(ms, () => resolve(performance.now() - startedAt)));
}

describe('WorkingClock', () => {
  it('calls back when its time is over, in a process that is not busy', async () => {
    const afterMs = await calledAfter(new WorkingClock(), 80);
    expect(afterMs).toBeGreaterThanOrEqual(79);
  });

  it('does not count the time in which the process was blocked, whenever that begins', async () => {
    for (const beginMs of [0, 30]) {
      const called = calledAfter(new WorkingClock(), 80);
      await pause(beginMs);
      work(300);
      // One slice of the deadline counts as passed, and the time before.
      expect(await called).toBeGreaterThanOrEqual(300 + 80 - beginMs - 2 * (80 / 8) - 20);
    }
  });

  it('comes to its end in a process that is blocked again and again', async () => {
    const clock = new WorkingClock();
    clock.start(80, () => undefined);
    let blocks = 0;
    for (; clock.running && blocks < 100; blocks += 1) {
      work(40);
      await pause(0);
    }
    expect(blocks).toBeLessThan(20);
  });

  it('stands still while the process is late, so that what is read from it only grows', async () => {
    const clock = new WorkingClock();
    clock.start(80, () => undefined);
    onTestFinished(() => clock.stop());
    const before = clock.now();
    work(300);
    const late = clock.now();
    expect(late - before).toBeLessThanOrEqual(80 / 8 + 1);
    await pause(1);
    expect(clock.now()).toBeGreaterThanOrEqual(late);
    expect(clock.now() - late).toBeLessThan(80);
  });

  it('lets the I/O that is due be done before it calls back', async () => {
    const server = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const socket = connect(address.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let read = false;
    socket.once('data', () => (read = true));
    await once(socket, 'connect');
    const seen = new Promise<boolean>((resolve) => new WorkingClock().start(1, () => resolve(read)));
    work(50);
    expect([await seen, read]).toEqual([true, true]);
  });

  it('waits for one deadline at a time, and for none when stopped', async () => {
    const clock = new WorkingClock();
    const calls: string[] = [];
    clock.start(5, () => calls.push('first'));
    const over = new Promise<void>((resolve) => {
      clock.start(10, () => {
        calls.push('second');
        resolve();
      });
    });
    const cancel = afterWorking(5, () => calls.push('cancelled'));
    cancel();
    cancel();
    expect(clock.running).toBe(true);
    await over;
    expect([calls, clock.running]).toEqual([['second'], false]);
    clock.stop();
    clock.stop();
  });
});
