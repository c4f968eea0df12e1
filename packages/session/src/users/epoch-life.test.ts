import { describe, expect, it } from 'vitest';
import { isIn, login, unlisted, userOf } from '../../test/user-sessions.ts';
import { application, Browser, otherServer, type Application } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import { MAX_TTL_SECONDS, type SessionStore } from '../stores/session-store.ts';

const HOUR = 3_600;
const MONTH = 30 * 24 * HOUR;
const YEAR = 12 * MONTH;

/** Size of a stored epoch of sessions with the default life. */
const EPOCH_RECORD_BYTES = 44;

/** As memcached's does, a touch also shortens. */
function touchedExactly(store: SessionStore): SessionStore {
  return {
    ...store,
    async touch(key, ttlSeconds) {
      const stored = await store.load(key);
      if (stored === undefined) return false;
      await store.save(key, stored.value, { ttlSeconds, expect: stored });
      return true;
    },
  };
}

/** Two servers on one store, which keeps no list of a user's sessions. */
function servers(tellsTtl: boolean, options: Partial<SessionsOptions> = {}): Application & { other: Application } {
  const app = application(options, tellsTtl);
  const store = touchedExactly(app.store);
  Reflect.deleteProperty(store, 'ofUser');
  const server = (): Application => ({
    ...app,
    sessions: otherServer({ ...app, store }, { userOf, absoluteTtlSeconds: YEAR, ...options }),
  });
  return { ...server(), other: server() };
}

/** A login that the browser remembers for a month. */
async function remembered(app: Application, ttlSeconds = MONTH): Promise<Browser> {
  const browser = new Browser(app);
  await browser.visit(async (session) => {
    await session.regenerate({ ttlSeconds });
    session.data.user = 'USER_123';
  });
  return browser;
}

/** The epoch's record, found by its size: the life of the longest session follows the epoch. */
function epochsIn(app: Application): Application['store']['saves'] {
  return app.store.saves.filter(({ value }) => [EPOCH_RECORD_BYTES, EPOCH_RECORD_BYTES + 4].includes(value.length));
}

describe.each([true, false])('a user’s epoch in a store that tells how long records live: %s', (tellsTtl) => {
  it.each<[string, (app: Application) => Promise<Browser>]>([
    ['was a long one at the login', remembered],
    [
      'became a long one after the login',
      async (app) => {
        const browser = await login(app);
        await browser.visit((session) => session.regenerate({ keep: true, ttlSeconds: MONTH }));
        return browser;
      },
    ],
    [
      'was a long one before it became the user’s',
      async (app) => {
        const browser = new Browser(app);
        await browser.visit(async (session) => {
          await session.regenerate({ ttlSeconds: MONTH });
          session.data.note = 'a visitor';
        });
        await browser.visit((session) => void (session.data.user = 'USER_123'));
        return browser;
      },
    ],
    [
      'became a long one on a server without userOf, and was used on another one since',
      async (app) => {
        const browser = await login(app);
        const untold = new Browser({ sessions: otherServer(app, { absoluteTtlSeconds: YEAR }) }, browser.cookies);
        await untold.visit((session) => session.regenerate({ keep: true, ttlSeconds: MONTH }));
        const moved = new Browser(app, untold.cookies);
        expect(await isIn(moved)).toBe(true);
        return moved;
      },
    ],
  ])('lives as long as a session that %s', async (_, begin) => {
    const app = servers(tellsTtl);
    const browser = await begin(app);
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(browser)).toBe(true);
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(browser)).toBe(true);
  });

  it('is not shortened by visits and logins of sessions that live shorter, on any server', async () => {
    const app = servers(tellsTtl);
    const short = await login(app);
    // The other server has seen the epoch while it was a short one.
    expect(await isIn(new Browser(app.other, short.cookies))).toBe(true);
    const browser = await remembered(app);
    app.passSeconds(400);
    for (const server of [app, app.other]) {
      await login(server);
      expect(await isIn(new Browser(server, short.cookies))).toBe(true);
    }
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(await login(app.other))).toBe(true);
    expect(await isIn(browser)).toBe(true);
  });

  it('is not shortened by a session that lives longer than others, but shorter than the longest', async () => {
    const app = servers(tellsTtl);
    const browser = await remembered(app);
    const day = await remembered(app.other, 24 * HOUR);
    app.passSeconds(12 * HOUR);
    expect(await isIn(day)).toBe(true);
    app.passSeconds(MONTH - 13 * HOUR);
    expect(await isIn(browser)).toBe(true);
  });

  it('lives as long after the long session revoked the others', async () => {
    const app = servers(tellsTtl);
    const browser = await remembered(app);
    await login(app);
    await browser.visit((session) => session.revokeOthers());
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(browser)).toBe(true);
  });

  it('lives as long after an earlier one was put back and a short session found it', async () => {
    const app = servers(tellsTtl);
    await login(app);
    const [earlier] = epochsIn(app);
    if (earlier === undefined) return expect.unreachable();
    await app.sessions.revokeUser('USER_123');
    const browser = await remembered(app);
    const short = await login(app);
    const present = (await app.store.load(earlier.key)) ?? 'absent';
    await app.store.save(earlier.key, earlier.value, { ttlSeconds: HOUR, expect: present });
    app.passSeconds(2);
    expect(await isIn(short)).toBe(true);
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(browser)).toBe(true);
  });

  it('lives as long under a second secret, though a short session brought it there', async () => {
    const [old, both] = [['o'.repeat(32)], ['n'.repeat(32), 'o'.repeat(32)]];
    const app = servers(tellsTtl, { secret: old });
    const rotating = { ...app, sessions: otherServer(app, { userOf, secret: both }) };
    const renewed = { ...app, sessions: otherServer(app, { userOf, secret: ['n'.repeat(32)] }) };
    const browser = await remembered(app);
    const short = new Browser(rotating, (await login(app)).cookies);
    expect(await isIn(short)).toBe(true);
    const moved = new Browser(rotating, browser.cookies);
    await moved.visit((session) => void (session.data.note = 'signed with the new secret'));
    app.passSeconds(MONTH - HOUR);
    expect(await isIn(new Browser(renewed, moved.cookies))).toBe(true);
  });

  it('that nobody used for a while lives as long as a session that begins now', async () => {
    const app = servers(tellsTtl);
    await login(app);
    app.passSeconds(HOUR + 60);
    const browser = await login(app.other);
    app.passSeconds(HOUR - 60);
    expect(await isIn(browser)).toBe(true);
  });

  it('is never stored for longer than a session can live', async () => {
    const app = servers(tellsTtl);
    const browser = await remembered(app, MAX_TTL_SECONDS);
    expect(epochsIn(app).at(-1)?.ttlSeconds).toBe(MAX_TTL_SECONDS);
    expect(await isIn(browser)).toBe(true);
  });
});

it('a session with the default life costs the requests that it cost before: its epoch says nothing of a life', async () => {
  const app = unlisted({ userOf });
  const browser = await login(app);
  expect(app.store.operations).toEqual(['load', 'save', 'save']);
  expect(epochsIn(app).map(({ value, ttlSeconds }) => [value.length, ttlSeconds])).toEqual([
    [EPOCH_RECORD_BYTES, HOUR + 360 + 60],
  ]);
  app.store.forget();
  await browser.visit((session) => session.regenerate({ keep: true, persistent: true }));
  expect(app.store.operations.filter((operation) => operation === 'load')).toEqual(['load']);
  app.store.forget();
  await login(app);
  expect(app.store.operations).toEqual(['load', 'save']);
  app.passSeconds(400);
  app.store.forget();
  await browser.visit(() => {});
  expect(app.store.operations).toEqual(['load', 'load', 'touch', 'touch']);
});

it('a session with a longer life costs one request more when it gets it', async () => {
  const app = unlisted({ userOf });
  const browser = await login(app);
  await browser.visit((session) => session.regenerate({ keep: true, ttlSeconds: MONTH }));
  app.store.forget();
  await browser.visit((session) => void (session.data.note = 1));
  expect(app.store.operations).toEqual(['load', 'save']);
});
