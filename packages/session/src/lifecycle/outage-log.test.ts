import { describe, expect, it, vi } from 'vitest';
import { SessionError } from '../errors.ts';
import { OutageLog, resolveLog, type LogEntry } from './outage-log.ts';

function outageLog(): { log: OutageLog; entries: LogEntry[]; passSeconds: (seconds: number) => void } {
  let now = 0;
  const entries: LogEntry[] = [];
  const log = new OutageLog(
    (entry) => entries.push(entry),
    () => now,
  );
  return { log, entries, passSeconds: (seconds) => (now += seconds * 1_000) };
}

const down = new SessionError('SESS_UNAVAILABLE', 'memcached: the session store is out of reach', {
  cause: new Error('node 10.0.0.1:11211 did not answer within 500 ms'),
});

describe('an outage', () => {
  it('is logged in one line when it begins, with cause and advice, and in one when it is over', () => {
    const { log, entries, passSeconds } = outageLog();
    for (let request = 0; request < 1_000; request += 1) log.failed('key', down);
    expect(entries).toEqual([
      { level: 'error', message: expect.stringMatching(/10\.0\.0\.1:11211 did not answer.*Check that/) },
    ]);
    passSeconds(3);
    log.succeeded('key');
    log.succeeded('key');
    expect(entries.slice(1)).toEqual([
      { level: 'info', message: expect.stringMatching(/in reach again after 3 s and 1000 failed/) },
    ]);
    expect(entries.map(({ message }) => message).join('')).not.toContain('\n');
  });

  it('is not told of twice in that line', () => {
    const { log, entries } = outageLog();
    log.failed('key', down);
    expect(entries[0]?.message).toMatch(
      /^Sessions are out of reach: node 10\.0\.0\.1:11211 did not answer within 500 ms\. /,
    );
  });

  it('of one of several nodes is not over because sessions of the others are found', () => {
    const { log, entries, passSeconds } = outageLog();
    for (let second = 0; second < 60; second += 1) {
      log.failed('on the node that is down', down);
      passSeconds(1);
      log.succeeded('on another');
    }
    expect(entries).toHaveLength(1);
    log.succeeded('on the node that is down');
    expect(entries).toHaveLength(2);
  });

  it('is over after some seconds without a failure, where nobody asks again for what failed', () => {
    const { log, entries, passSeconds } = outageLog();
    log.failed('a visitor who left', down);
    passSeconds(11);
    log.succeeded('another');
    expect(entries.map(({ level }) => level)).toEqual(['error', 'info']);
  });

  it('that comes and goes does not fill the log', () => {
    const { log, entries, passSeconds } = outageLog();
    for (let half = 0; half < 120; half += 1) {
      if (half % 2 === 0) log.failed('key', down);
      else log.succeeded('key');
      passSeconds(0.5);
    }
    expect(entries.length).toBeGreaterThan(2);
    expect(entries.length).toBeLessThanOrEqual(14);
  });

  it('is none if the node answers and has no memory: a line of its own says so, once in ten minutes', () => {
    const { log, entries, passSeconds } = outageLog();
    const full = new SessionError('SESS_UNAVAILABLE', 'memcached: no memory is left for this change', {
      cause: Object.assign(new Error('The node 10.0.0.1:11211 has no memory left.'), { code: 'SESS_OUT_OF_MEMORY' }),
    });
    for (let second = 0; second <= 600; second += 1) {
      log.failed('key', full);
      log.succeeded('key');
      passSeconds(1);
    }
    expect(entries).toEqual(
      Array.from({ length: 2 }, () => ({
        level: 'error',
        code: 'SESS_OUT_OF_MEMORY',
        message: expect.stringMatching(
          /no memory left for sessions: The node 10\.0\.0\.1:11211 has .* are answered 503/,
        ),
      })),
    );
    log.failed('key', down);
    expect(entries.at(-1)?.message).toContain('out of reach');
  });

  it('is not logged if the store refused a request', () => {
    const { log, entries } = outageLog();
    log.failed('key', new SessionError('SESS_CONFLICT', 'other requests saved first'));
    log.failed('key', new TypeError('a bug'));
    expect(entries).toEqual([]);
  });

  it('is told as a process warning by default', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    resolveLog(undefined)({ level: 'error', message: 'out of reach' });
    expect(emit).toHaveBeenCalledWith('out of reach', { type: 'SessWarning', code: 'SESS_OUT_OF_REACH' });
    resolveLog(undefined)({ level: 'error', message: 'no memory', code: 'SESS_OUT_OF_MEMORY' });
    expect(emit).toHaveBeenLastCalledWith('no memory', { type: 'SessWarning', code: 'SESS_OUT_OF_MEMORY' });
    emit.mockRestore();
    expect(() => resolveLog('stdout')).toThrow(expect.objectContaining({ code: 'SESS_BAD_OPTION' }));
  });

  it.each([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('is told as a process warning where the log %s, which harms nobody', async (_, log) => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    resolveLog(log)({ level: 'error', message: 'out of reach' });
    await expect
      .poll(() => emit.mock.calls)
      .toEqual([[expect.stringMatching(/disk full.*out of reach/), { type: 'SessWarning', code: 'SESS_LOG_FAILED' }]]);
    emit.mockRestore();
  });
});

function fail(): never {
  throw new Error('disk full');
}

it('the error of an outage, and what it was caused by, are a line each in a log', () => {
  for (let at: unknown = down; at instanceof Error; at = at.cause) expect(at.stack?.split('\n')).toHaveLength(1);
});
