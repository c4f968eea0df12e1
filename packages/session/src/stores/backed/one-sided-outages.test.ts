import { describe, expect, it, vi } from 'vitest';
import { createSessions } from '../../create-sessions.ts';
import { SessionError } from '../../errors.ts';
import type { LogEntry } from '../../lifecycle/outage-log.ts';
import { memoryStore } from '../memory-store.ts';
import { faulty } from '../../../test/backed-servers.ts';
import { Browser, SECRET } from '../../../test/visit.ts';
import { backedStore } from './backed-store.ts';
import { memoryBacking } from './memory-backing.ts';

type Side = 'cache' | 'database';

/** Sessions whose cache and database can be cut off, and the lines of their log. */
function application() {
  let time = Date.UTC(2026, 0, 1);
  const now = (): number => time;
  const entries: LogEntry[] = [];
  const isOut: Record<Side, boolean> = { cache: false, database: false };
  const sessions = createSessions({
    store: faulty(memoryStore({ now }), () => {
      if (isOut.cache) throw noCache();
    }),
    backing: faulty(memoryBacking({ now }), () => {
      if (isOut.database) throw new Error('connect ECONNREFUSED 10.0.0.9:5432');
    }),
    secret: SECRET,
    secure: true,
    log: (entry) => entries.push(entry),
    now,
  });
  const passSeconds = (seconds: number): void => void (time += seconds * 1_000);
  return { sessions, isOut, entries, passSeconds, browser: new Browser({ sessions }) };
}

function noCache(): SessionError {
  return new SessionError('SESS_UNAVAILABLE', 'memory: no answer', {
    cause: new Error('node 10.0.0.1:11211 did not answer'),
  });
}

const WHY: Readonly<Record<Side, RegExp>> = {
  cache:
    /^The cache of the sessions is out of reach: .*10\.0\.0\.1:11211 did not answer\. Meanwhile .*Check that the nodes run/,
  database:
    /^The database behind the sessions is out of reach: .*ECONNREFUSED 10\.0\.0\.9:5432\. Meanwhile .*Check that the database runs/,
};

describe('with a database behind the cache', () => {
  it.each<Side>(['cache', 'database'])(
    'an outage of the %s alone is a line when it begins and one when it is over',
    async (side) => {
      const { isOut, entries, browser, passSeconds } = application();
      await browser.visit((session) => void (session.data.user = 'USER_123'));
      expect(entries).toEqual([]);
      isOut[side] = true;
      for (const note of ['one', 'two', 'three']) {
        await browser.visit((session) => void (session.data.note = note));
        passSeconds(11);
      }
      expect(entries).toEqual([{ level: 'error', message: expect.stringMatching(WHY[side]) }]);
      isOut[side] = false;
      await browser.visit((session) => void (session.data.note = 'four'));
      expect(await browser.visit(({ data }) => data.note)).toBe('four');
      expect(entries.slice(1)).toEqual([
        { level: 'info', message: expect.stringMatching(/^The (?:cache|database) .*is in reach again/) },
      ]);
      expect(entries.map(({ message }) => message).join('')).not.toContain('\n');
    },
  );

  it('a destruction needs its tombstone in the cache, because the database may put the session back', async () => {
    const cache = memoryStore();
    const destroy = vi.spyOn(cache, 'destroy');
    const sessions = createSessions({ store: cache, backing: memoryBacking(), secret: SECRET, secure: true });
    const browser = new Browser({ sessions });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    await browser.visit((session) => session.destroy());
    expect(destroy.mock.calls.map(([, , options]) => options?.tombstone)).toEqual(['required']);
  });

  it('an outage of both is logged for both, and for the sessions as a whole', async () => {
    const { isOut, entries, browser } = application();
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    Object.assign(isOut, { cache: true, database: true });
    await expect(browser.visit((session) => session.data)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(entries.map(({ message }) => message)).toEqual([
      expect.stringMatching(WHY.cache),
      expect.stringMatching(WHY.database),
      expect.stringMatching(/^Sessions are out of reach: .*10\.0\.0\.1:11211/),
    ]);
  });

  it('an error that may reach a browser names neither side', async () => {
    const { sessions, isOut, browser } = application();
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    Object.assign(isOut, { cache: true, database: true });
    const failures = [
      browser.visit((session) => session.data),
      browser.visit((session) => session.update((data) => void (data.note = 'changed'))),
      browser.visit((session) => session.destroy()),
      new Browser({ sessions }).visit((session) => void (session.data.user = 'USER_456')),
    ];
    for (const failure of failures) {
      const message = await failure.then(
        () => 'no error',
        (error: Error) => error.message,
      );
      expect(message).not.toMatch(/no error|10\.0\.0|ECONNREFUSED/);
    }
  });

  it('a store that is used without createSessions warns on the process', async () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const cache = faulty(memoryStore(), () => {
      throw noCache();
    });
    const store = backedStore(cache, { backing: memoryBacking() });
    await store.save('s/key', Buffer.from('value'), { ttlSeconds: 60, expect: 'absent' });
    expect(emit).toHaveBeenCalledWith(expect.stringMatching(/^The cache of the sessions/), {
      type: 'SessWarning',
      code: 'SESS_OUT_OF_REACH',
    });
    emit.mockRestore();
    await store.close();
  });
});
