import { describe, expect, it } from 'vitest';
import { isIn, login, unlisted, userOf } from '../../test/user-sessions.ts';
import { application, Browser, otherServer, outage, type Application } from '../../test/visit.ts';
import type { SessionsOptions } from '../options/options.ts';
import type { Session } from '../session.ts';

/** Size of a stored epoch. */
const EPOCH_RECORD_BYTES = 44;

async function withEpoch(
  options: Partial<SessionsOptions> = {},
): Promise<{ app: Application; browser: Browser; key: string }> {
  const app = unlisted({ userOf, ...options });
  const browser = await login(app);
  const key = app.store.saves.find(({ value }) => value.length === EPOCH_RECORD_BYTES)?.key ?? '';
  app.store.forget();
  return { app, browser, key };
}

describe('a session whose user’s epoch', () => {
  it('is lost is refused, also after the next login', async () => {
    const { app, browser, key } = await withEpoch();
    await app.sessions.revokeUser('USER_123');
    await app.store.destroy(key, 1);
    app.passSeconds(2);
    expect(await isIn(browser)).toBe(false);
    await login(app);
    expect(await isIn(browser)).toBe(false);
  });

  it('is out of reach is handled as onUnavailable says, and works again afterwards', async () => {
    const { app, browser } = await withEpoch({ onUnavailable: 'error' });
    app.passSeconds(2);
    app.store.beforeNext('load', () => undefined);
    app.store.beforeNext('load', outage);
    await expect(browser.visit((session) => session.data)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    expect(await isIn(browser)).toBe(true);
  });

  it('was read within a second costs nothing, and one read after it', async () => {
    const { app, browser } = await withEpoch();
    await browser.visit(() => {});
    expect(app.store.operations).toEqual(['load']);
    app.passSeconds(1);
    await Promise.all(Array.from({ length: 5 }, () => browser.copy().visit(() => {})));
    expect(app.store.operations).toHaveLength(7);
  });

  it('lives as long as sessions that are used', async () => {
    const { app, browser } = await withEpoch();
    for (let hour = 0; hour < 20; hour += 1) {
      app.passSeconds(3_500);
      expect(await isIn(browser)).toBe(true);
    }
  });
});

describe('a revoked session', () => {
  it.each<[string, (session: Session) => unknown]>([
    ['revokeOthers', (session) => session.revokeOthers()],
    ['touch', (session) => session.touch()],
    ['update', (session) => session.update((data) => void (data.note = 'late'))],
    ['save', (session) => session.save()],
    ['reload', (session) => session.reload()],
    ['regenerate', (session) => session.regenerate({ keep: true })],
  ])('is not brought back by %s in a request that was under way', async (_, act) => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const other = browser.copy();
    const session = await browser.open();
    session.data.note = 'changed';
    await app.sessions.revokeUser('USER_123');
    // Some fail at once; the others write a session that the next load refuses.
    await Promise.resolve(act(session)).catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'SESS_DESTROYED' }),
    );
    await browser.close(session).catch((error: unknown) => expect(error).toMatchObject({ code: 'SESS_DESTROYED' }));
    expect([await isIn(browser), await isIn(other)]).toEqual([false, false]);
    // A login after the revocation stays valid.
    const later = await login(app);
    expect(await isIn(later)).toBe(true);
  });
});

it('a revoked session is told so when it is to be the exception, and when it is loaded again', async () => {
  const app = unlisted({ userOf });
  const session = await (await login(app)).open();
  await app.sessions.revokeUser('USER_123');
  await expect(session.revokeOthers()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
  await expect(session.reload()).rejects.toMatchObject({ code: 'SESS_DESTROYED' });
});

/** The only record that is an epoch. */
function epochIn(app: Application): { readonly key: string; readonly value: Uint8Array } {
  return app.store.saves.findLast(({ value }) => value.length === EPOCH_RECORD_BYTES) ?? expect.unreachable();
}

async function put(app: Application, key: string, value: Uint8Array): Promise<void> {
  await app.store.save(key, value, { ttlSeconds: 600, expect: (await app.store.load(key)) ?? 'absent' });
}

describe('a user’s epoch in the store', () => {
  it('that is put back after a revocation lets nobody in, and the later one is there again', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const { key, value } = epochIn(app);
    await app.sessions.revokeUser('USER_123');
    const revoked = epochIn(app).value;
    await put(app, key, value);
    app.passSeconds(2);
    expect(await isIn(browser)).toBe(false);
    expect(Buffer.from((await app.store.load(key))?.value ?? [])).toEqual(Buffer.from(revoked));
  });

  it('that is made of what a session carries, or is another user’s, lets nobody in', async () => {
    const app = unlisted({ userOf });
    const browser = await login(app);
    const { key, value } = epochIn(app);
    await login(app, 'USER_456');
    const other = epochIn(app).value;
    await app.sessions.revokeUser('USER_123');
    for (const planted of [value.subarray(0, 12), Buffer.concat([value.subarray(0, 12), Buffer.alloc(32)]), other]) {
      await put(app, key, planted);
      const fresh = { sessions: otherServer(app, { userOf }) };
      expect(await isIn(new Browser(fresh, browser.cookies))).toBe(false);
    }
  });

  it('is under a key that nobody without the secret can find for a name', async () => {
    const app = unlisted({ userOf });
    await login(app);
    const other = application({ userOf, secret: 'another secret of at least 32 bytes' });
    await login(other);
    expect(epochIn(app).key).not.toBe(epochIn(other).key);
  });

  it('holds while a secret is replaced by another one, on servers that have either or both', async () => {
    const [old, both] = [['o'.repeat(32)], ['n'.repeat(32), 'o'.repeat(32)]];
    const app = unlisted({ userOf, secret: old });
    const rotating = { sessions: otherServer(app, { userOf, secret: both }) };
    const renewed = { sessions: otherServer(app, { userOf, secret: ['n'.repeat(32)] }) };
    const browser = await login(app);
    const moved = new Browser(rotating, browser.cookies);
    await moved.visit((session) => void (session.data.note = 1));
    expect(await isIn(new Browser(renewed, moved.cookies))).toBe(true);
    // This server does not have the new secret yet.
    await app.sessions.revokeUser('USER_123');
    app.passSeconds(2);
    expect(await isIn(moved)).toBe(false);
    expect(await isIn(new Browser(renewed, moved.cookies))).toBe(false);
  });
});
