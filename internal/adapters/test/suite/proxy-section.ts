import { Browser } from '@sess/conformance';
import { describe, expect, it } from 'vitest';
import { TTL_SECONDS, type Open } from './bench.ts';
import { SharedCache } from './shared-cache.ts';

/** What two visitors get through one cache, whichever comes first. */
export function proxySection(open: Open): void {
  const sorts: readonly [string, Readonly<Record<string, string>>][] = [
    ['an asset that is public', { 'cache-control': 'public, max-age=600' }],
    ['an asset for shared caches', { 'cache-control': 's-maxage=600' }],
    ['an asset of a content delivery network', { 'cdn-cache-control': 'max-age=600' }],
    ['a page that says nothing', {}],
  ];
  describe.each(sorts)('%s', (_, headers) => {
    const uses = ['reads the session', 'does not', 'begins a session', 'changes the session', 'changes the id'];
    it.each(uses)('and %s gives a second visitor neither the session nor what is the first one’s', async (what) => {
      // What only varies by the cookie is safe with caches that keep to `Vary`; a cookie must be with all of them.
      for (const keepsToVary of what === 'reads the session' ? [true] : [true, false]) {
        await using bench = await open(
          {
            '/asset': async ({ session, header }) => {
              for (const [name, value] of Object.entries(headers)) header(name, value);
              if (what === 'changes the id') await session.regenerate({ keep: true });
              if (what === 'changes the session') session.data.note = 'changed';
              if (what === 'begins a session') session.data.note ??= 'begun';
              return what === 'reads the session' ? { user: session.data.user ?? null } : {};
            },
          },
          { renewAfterSeconds: TTL_SECONDS / 4, cookie: { persistent: true }, touchAfterSeconds: 0 },
        );
        await using cache = await SharedCache.before(bench.app.origin, keepsToVary);
        const [first, second] = [new Browser(bench.app.origin), new Browser(cache.origin)];
        await first.get('/login');
        const visitor = new Browser(cache.origin, first.cookies);
        bench.passSeconds(TTL_SECONDS / 2);
        for (let visit = 0; visit < 2; visit += 1) await visitor.get('/asset');
        const { text } = await second.get('/asset');
        for (const cookie of second.cookies.values()) expect([...visitor.cookies.values()]).not.toContain(cookie);
        const saysUser = what === 'reads the session' && 'cache-control' in headers;
        // What the application itself calls public, though it is one visitor's, is the application's own mistake: but
        // for the cookie.
        if (!saysUser) expect(text).not.toContain('USER_123');
        const probe = new Browser(bench.app.origin, second.cookies);
        expect(await probe.json('/user')).toMatchObject({ user: null });
        expect(await new Browser(bench.app.origin, visitor.cookies).json('/user')).toMatchObject({ user: 'USER_123' });
      }
    });
  });

  it('an asset that leaves the session alone is kept by the cache', async () => {
    await using bench = await open({ '/asset': ({ header }) => (header('cache-control', 'public, max-age=600'), {}) });
    await using cache = await SharedCache.before(bench.app.origin);
    for (const browser of [new Browser(cache.origin), new Browser(cache.origin)]) await browser.get('/asset');
    expect(cache.hits).toBe(1);
  });
}

/** How a proxy may say that the visitor came over TLS, or that one of several hops did. */
const FORWARDED = [
  'https',
  'http',
  'https, http',
  'http, https',
  'https,https',
  'HTTPS',
  ' https',
  '',
  'https;http',
  'wss',
];

export function forwardedSection(open: Open): void {
  it.each([true, false])(
    'is SameSite=None only with Secure, and is found again, whatever a proxy says that is trusted: %s',
    async (trustProxy) => {
      for (const forwarded of FORWARDED) {
        await using bench = await open(
          { '/begin': ({ session }) => ((session.data.user = 'USER_123'), {}) },
          { trustProxy, secure: 'auto', cookie: { sameSite: 'none' } },
        );
        const browser = new Browser(bench.app.origin, [], { 'x-forwarded-proto': forwarded });
        const begun = await browser.get('/begin');
        const [line = ''] = begun.headers.getSetCookie();
        const isSecure = /; Secure/i.test(line);
        expect([forwarded, isSecure, /SameSite=None/i.test(line), line.startsWith('__Host-')]).toEqual([
          forwarded,
          isSecure,
          isSecure,
          isSecure,
        ]);
        if (!trustProxy) expect([forwarded, isSecure]).toEqual([forwarded, false]);
        if (trustProxy && forwarded === 'https') expect(isSecure).toBe(true);
        if (trustProxy && (forwarded === 'http' || forwarded === ''))
          expect([forwarded, isSecure]).toEqual([forwarded, false]);
        expect(await browser.json('/user')).toMatchObject({ user: 'USER_123' });
      }
    },
  );
}
