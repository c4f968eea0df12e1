import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isIn, login, unlisted, userOf } from '../../test/user-sessions.ts';
import { application, Browser, otherServer, outage } from '../../test/visit.ts';

/** Size of a stored epoch. */
const EPOCH_RECORD_BYTES = 44;

describe('revokeUser', () => {
  it('ends every session of the user at once, and nobody else’s', async () => {
    const app = unlisted({ userOf });
    const [phone, laptop, other] = [await login(app), await login(app), await login(app, 'USER_456')];
    await app.sessions.revokeUser('USER_123');
    expect([await isIn(phone), await isIn(laptop), await isIn(other)]).toEqual([false, false, true]);
  });

  it('ends them on other servers within a second, whatever they have cached', async () => {
    const app = unlisted({ userOf });
    const sessions = otherServer(app, { userOf });
    const browser = new Browser({ sessions }, (await login(app)).cookies);
    expect(await isIn(browser)).toBe(true);
    await app.sessions.revokeUser('USER_123');
    app.passSeconds(1);
    expect(await isIn(browser)).toBe(false);
  });

  it('lets the user log in again at once, on any server', async () => {
    const app = unlisted({ userOf });
    const other = { sessions: otherServer(app, { userOf }) };
    const stale = await login(other);
    expect(await isIn(stale)).toBe(true);
    await app.sessions.revokeUser('USER_123');
    const [here, there] = [await login(app), await login(other)];
    expect([await isIn(here), await isIn(there), await isIn(new Browser(other, here.cookies))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await isIn(stale)).toBe(false);
  });

  it('ends what a request that was under way saves, or moves to another id', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const [saving, moving] = [await browser.open(), await browser.open()];
    const moved = browser.copy();
    await app.sessions.revokeUser('USER_123');
    saving.data.note = 'late';
    await browser.close(saving);
    await moving.regenerate({ keep: true });
    await moved.close(moving);
    expect([await isIn(browser), await isIn(moved)]).toEqual([false, false]);
  });

  it('ends an old id in its grace', async () => {
    const app = unlisted({ userOf, graceSeconds: 60 });
    const browser = await login(app);
    const old = browser.copy();
    await browser.visit((session) => session.regenerate({ keep: true }));
    expect(await isIn(old)).toBe(true);
    await app.sessions.revokeUser('USER_123');
    expect(await isIn(old)).toBe(false);
  });

  it('rejects where it could not be stored', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    app.store.beforeNext('save', outage);
    await expect(app.sessions.revokeUser('USER_123')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(await isIn(browser)).toBe(true);
  });

  it('works for many concurrent revocations', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const servers = Array.from({ length: 10 }, () => otherServer(app, { userOf }));
    await Promise.all(servers.map((sessions) => sessions.revokeUser('USER_123')));
    expect(await isIn(browser)).toBe(false);
  });
});

describe('end', () => {
  it('ends one of the user’s sessions, and neither another nor another user’s', async () => {
    const app = application({ userOf });
    const [phone, laptop, other] = [await login(app), await login(app), await login(app, 'USER_456')];
    const [foreign] = await app.sessions.ofUser('USER_456');
    const keys = (await app.sessions.ofUser('USER_123')).map(({ key }) => key);
    expect(await app.sessions.end('USER_123', foreign?.key ?? '')).toBe(false);
    expect(await app.sessions.end('USER_123', keys[0] ?? '')).toBe(true);
    expect(await app.sessions.end('USER_123', keys[0] ?? '')).toBe(false);
    expect([await isIn(phone), await isIn(laptop)].filter(Boolean)).toHaveLength(1);
    expect(await isIn(other)).toBe(true);
    expect(await app.sessions.ofUser('USER_123')).toHaveLength(1);
  });
});

describe('revokeOthers', () => {
  it('ends all but this one, which keeps what this request changed', async () => {
    const app = unlisted({ userOf });
    const [mine, phone] = [await login(app), await login(app)];
    await mine.visit(async (session) => {
      session.data.note = 'new password';
      await session.revokeOthers();
    });
    expect([await isIn(mine), await isIn(phone)]).toEqual([true, false]);
    expect(await mine.visit((session) => session.data.note)).toBe('new password');
  });

  it('keeps this one though another request of it saves at the same time', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const [one, two] = [await browser.open(), await browser.open()];
    two.data.visits = 2;
    app.store.beforeNext('save', () => undefined);
    app.store.beforeNext('save', () => browser.copy().close(two));
    await one.revokeOthers();
    await browser.close(one);
    expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', visits: 2 });
  });

  it('holds when it is asked for twice at once: the session stays in, the others do not', async () => {
    const app = unlisted({ userOf });
    const [mine, phone] = [await login(app), await login(app)];
    const requests = [await mine.open(), await mine.open(), await mine.open()];
    await Promise.all(requests.map((session) => session.revokeOthers()));
    for (const session of requests) await mine.close(session);
    expect([await isIn(mine), await isIn(phone)]).toEqual([true, false]);
  });

  it('needs a logged-in user', async () => {
    const nobody = new Browser(unlisted({ userOf }));
    await nobody.visit(async (session) =>
      expect(session.revokeOthers()).rejects.toMatchObject({ code: 'SESS_NO_USER' }),
    );
    await new Browser(application()).visit(async (session) => {
      await expect(session.revokeOthers()).rejects.toMatchObject({ code: 'SESS_NOT_SUPPORTED' });
    });
  });
});

describe('ofUser', () => {
  it('lists the user’s sessions where the store can, without those that ended or were revoked', async () => {
    const app = application({ userOf });
    const [one, two] = [await login(app), await login(app)];
    await login(app, 'USER_456');
    expect(await app.sessions.ofUser('USER_123')).toHaveLength(2);
    await one.visit((session) => session.destroy());
    const [left] = await app.sessions.ofUser('USER_123');
    expect(left).toMatchObject({ savedAt: app.now(), expiresAt: app.now() + 3_600_000 });
    await two.visit((session) => session.revokeOthers());
    expect(await app.sessions.ofUser('USER_123')).toHaveLength(1);
    await app.sessions.revokeUser('USER_123');
    expect(await app.sessions.ofUser('USER_123')).toEqual([]);
  });

  it('fails with SESS_NOT_SUPPORTED if the store has no list, or without userOf', async () => {
    const app = application({ userOf });
    const store = { ...app.store };
    Reflect.deleteProperty(store, 'ofUser');
    await expect(otherServer({ ...app, store }, { userOf }).ofUser('USER_123')).rejects.toMatchObject({
      code: 'SESS_NOT_SUPPORTED',
    });
    await expect(application().sessions.ofUser('USER_123')).rejects.toMatchObject({
      code: 'SESS_NOT_SUPPORTED',
      statusCode: 500,
    });
    await expect(application().sessions.revokeUser('USER_123')).rejects.toMatchObject({ code: 'SESS_NOT_SUPPORTED' });
  });
});

describe('userOf', () => {
  it('may change: a session that gets another user belongs to that user', async () => {
    const app = application({ userOf });
    const browser = await login(app);
    await browser.visit((session) => void (session.data.user = 'USER_456'));
    await app.sessions.revokeUser('USER_123');
    expect(await isIn(browser)).toBe(true);
    await app.sessions.revokeUser('USER_456');
    expect(await isIn(browser)).toBe(false);
  });

  it('is kept by a server that is not told of it, and a session that only such a server saved is refused', async () => {
    const app = application({ userOf });
    const untold = { sessions: otherServer(app) };
    const browser = await login(app);
    await new Browser(untold, browser.cookies).visit((session) => void (session.data.note = 1));
    expect(await isIn(browser)).toBe(true);
    expect(await isIn(new Browser(app, (await login(untold)).cookies))).toBe(false);
  });

  it('must return a name, and the error does not show what it returned', async () => {
    expect(() => application({ userOf: 'user' as never })).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
    );
    for (const wrong of [7, '', { name: 'USER_123' }]) {
      const failed = new Browser(application({ userOf: () => wrong as never })).visit(
        (session) => void (session.data.note = 1),
      );
      const error: unknown = await failed.catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'SESS_BAD_OPTION' });
      expect(inspect(error)).not.toContain('USER_123');
    }
  });

  it('puts no name into the store but in the data', async () => {
    const app = application({ userOf });
    await login(app);
    for (const { key, value } of app.store.saves)
      expect(`${key} ${value.length === EPOCH_RECORD_BYTES ? Buffer.from(value).toString() : ''}`).not.toContain(
        'USER_123',
      );
  });
});
