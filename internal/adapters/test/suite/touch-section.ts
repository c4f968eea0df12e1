import { expect, it } from 'vitest';
import { TTL_SECONDS, type Open } from './bench.ts';

const DAY_SECONDS = 86_400;

/** What prolongs a session's life, and what does not. */
export function touchSection(open: Open): void {
  it('is prolonged by use, but not on a route that only reads', async () => {
    for (const [path, user] of [
      ['/user', 'USER_123'],
      ['/polled', null],
    ] as const) {
      await using bench = await open(
        { '/polled': ({ session }) => ({ user: session.data.user }) },
        { renewAfterSeconds: TTL_SECONDS / 4 },
      );
      const browser = await bench.loggedIn();
      bench.passSeconds(TTL_SECONDS * 0.6);
      const { text, headers } = await browser.get(path);
      expect([JSON.parse(text), headers.getSetCookie().length]).toEqual([
        expect.objectContaining({ user: 'USER_123' }),
        user === null ? 0 : 1,
      ]);
      bench.passSeconds(TTL_SECONDS * 0.6);
      expect(await browser.json('/user')).toMatchObject({ user });
    }
  });

  it('has no cookie set again, and none signed anew, on a route that only reads; a change is saved all the same', async () => {
    await using bench = await open(
      {
        '/polled': ({ session }) => (
          (session.data.note = session.data.note === undefined ? 'polled' : session.data.note),
          {}
        ),
      },
      { cookie: { persistent: true } },
    );
    const browser = await bench.loggedIn();
    await browser.get('/polled');
    bench.passSeconds(TTL_SECONDS / 2);
    expect((await browser.get('/polled')).headers.getSetCookie()).toEqual([]);
    expect(await browser.json('/user')).toEqual({ user: 'USER_123', note: 'polled' });
  });

  it('has a length of its own where the login says so, and its cookie as well', async () => {
    await using bench = await open({
      '/remember': async ({ session }) => {
        await session.regenerate({ ttlSeconds: 30 * DAY_SECONDS, persistent: true });
        session.data.user = 'USER_123';
        return {};
      },
    });
    const browser = bench.browser();
    const { headers } = await browser.get('/remember');
    expect(headers.get('set-cookie')).toContain(`Max-Age=${30 * DAY_SECONDS}`);
    bench.passSeconds(20 * DAY_SECONDS);
    expect(await browser.json('/user')).toMatchObject({ user: 'USER_123' });
    bench.passSeconds(31 * DAY_SECONDS);
    expect(await browser.json('/user')).toMatchObject({ user: null });
  });
}
