import { inspect } from 'node:util';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Browser, until } from '@sess/conformance';
import type { Session } from '@sess/session';
import { describe, expect, it } from 'vitest';
import { rawSection } from './raw-section.ts';
import { touchSection } from './touch-section.ts';
import { AdapterBench, TTL_SECONDS, type Open } from './bench.ts';
import { carelessSection } from './careless-section.ts';
import { optionsSection } from './options-section.ts';
import { closingSection } from './closing-section.ts';
import { outageSection } from './outage-section.ts';
import { forwardedSection, proxySection } from './proxy-section.ts';
import type { AdapterSubject, Exchange } from './subject.ts';
import { serversSection } from './servers-section.ts';
import { usersSection } from './users-section.ts';
import { visitSection } from './visit-section.ts';
import { warningSection } from './warning-section.ts';

/** Declares, for vitest, what every adapter does with a response, over real HTTP. To be called once for each. */
export function adapterConformance(subject: AdapterSubject): void {
  const open: Open = (routes, options) => AdapterBench.open(subject, routes, options);
  describe(`${subject.name}: options`, () => optionsSection(subject));
  describe(`${subject.name}: readiness and the end`, () => closingSection(open, subject));
  describe(`${subject.name}: a session over HTTP`, () => visitSection(open));
  describe(`${subject.name}: responses and caches`, () => cacheSection(open));
  describe(`${subject.name}: the session where it is not expected`, () => readingSection(open));
  describe(`${subject.name}: a user’s session`, () => usersSection(open));
  describe(`${subject.name}: how long a session lives`, () => touchSection(open));
  describe(`${subject.name}: a session that is out of reach`, () => outageSection(open, subject));
  describe(`${subject.name}: behind a cache that visitors share`, () => proxySection(open));
  describe(`${subject.name}: the cookie behind a proxy`, () => forwardedSection(open));
  describe(`${subject.name}: an answer that the application writes itself`, () => rawSection(open));
  describe(`${subject.name}: careless handlers and browsers`, () => carelessSection(open));
  describe(`${subject.name}: one session on several servers`, () => serversSection(subject));
  describe(`${subject.name}: a process warning`, () => warningSection(open));
}

function cacheSection(open: Open): void {
  it('vary by the cookie where the session was read, and only there', async () => {
    await using bench = await open({
      '/both': ({ session, header }) => {
        header('vary', 'accept-encoding');
        return { user: session.data.user ?? null };
      },
    });
    const browser = await bench.loggedIn();
    const vary = async (path: string): Promise<string | null> => (await browser.get(path)).headers.get('vary');
    expect(await vary('/user')).toBe('Cookie');
    expect(await vary('/both')).toBe('accept-encoding, Cookie');
    expect(await vary('/plain')).toBeNull();
  });

  const cacheable: readonly [string, Readonly<Record<string, string>>][] = [
    ['public', { 'cache-control': 'public, max-age=60' }],
    ['s-maxage', { 'cache-control': 'S-MaxAge = 60' }],
    ['private for one field only', { 'cache-control': 'public, private="x-theme"' }],
    ['a header for content delivery networks', { 'cache-control': 'no-cache', 'cdn-cache-control': 'max-age=60' }],
  ];
  it.each(cacheable)('put off a renewal and a touch where a cache may store the response: %s', async (_, headers) => {
    for (const when of ['in the handler', 'in the last hook']) {
      const put = ({ header }: { header: (name: string, value: string) => void }): void => {
        for (const [name, value] of Object.entries(headers)) header(name, value);
      };
      const inLast = when === 'in the last hook';
      let assets = false;
      await using bench = await open(
        { '/asset': (exchange) => (inLast ? {} : (put(exchange), {})) },
        {
          cookie: { persistent: true },
          renewAfterSeconds: TTL_SECONDS * 2,
          last: (exchange) => {
            if (inLast && assets) put(exchange);
          },
        },
      );
      const browser = await bench.loggedIn();
      bench.passSeconds(TTL_SECONDS / 2);
      assets = true;
      const asset = await browser.get('/asset');
      expect([when, asset.headers.get('set-cookie'), asset.headers.get('cache-control')]).toEqual([
        when,
        null,
        headers['cache-control'],
      ]);
      assets = false;
      expect((await browser.get('/user')).text).toContain('USER_123');
    }
  });

  it('bring the cookie that had to wait with the next response', async () => {
    await using bench = await open(
      { '/asset': ({ header }) => (header('cache-control', 'public'), {}) },
      { cookie: { persistent: true }, renewAfterSeconds: TTL_SECONDS / 4 },
    );
    const browser = await bench.loggedIn();
    const before = [...browser.cookies.values()];
    bench.passSeconds(TTL_SECONDS / 2);
    expect((await browser.get('/asset')).headers.get('set-cookie')).toBeNull();
    const next = await browser.get('/user');
    expect([next.headers.get('set-cookie'), next.headers.get('cache-control')]).toEqual([
      expect.stringContaining('Max-Age'),
      'no-store',
    ]);
    expect([...browser.cookies.values()]).not.toEqual(before);
  });

  it('are private where a login can not wait, whoever said public, and whenever', async () => {
    const asked = 'public, s-maxage=60, max-age=60';
    await using bench = await open(
      {
        '/early': ({ session, header }) => {
          header('cache-control', asked);
          header('surrogate-control', 'max-age=60');
          session.data.user = 'USER_123';
          return {};
        },
      },
      { last: ({ header }) => header('cache-control', asked) },
    );
    for (const path of ['/early', '/login']) {
      const { headers } = await bench.browser().get(path);
      expect([headers.getSetCookie().length, headers.get('cache-control'), headers.get('surrogate-control')]).toEqual([
        1,
        'private, max-age=60',
        null,
      ]);
    }
  });
}

function readingSection(open: Open): void {
  it('is not looked for in a URL, in a header, or in a body', async () => {
    await using bench = await open({});
    const browser = await bench.loggedIn();
    const [[name, value] = ['', '']] = [...browser.cookies];
    const id = value.split('.')[0] ?? '';
    for (const given of [value, id]) {
      const paths = [
        `/user?${name}=${given}`,
        `/user?sid=${given}&sessionId=${given}&id=${given}`,
        `/user;${name}=${given}`,
        `/user#${name}=${given}`,
      ];
      const headers = {
        authorization: `Bearer ${given}`,
        'x-session-id': given,
        [name]: given,
        'set-cookie': `${name}=${given}`,
      };
      for (const path of paths) {
        const response = await new Browser(bench.app.origin, [], headers).get(path);
        expect(response.text).not.toContain('USER_123');
        expect(response.headers.get('set-cookie')).toBeNull();
      }
    }
    expect(await browser.json('/user')).toMatchObject({ user: 'USER_123' });
  });

  it('is undefined on a route that does without, also for error listeners', async () => {
    const routes = {
      '/ignored': ({ session }: Exchange) => ({ session: typeof session }),
      '/ignored/mistake': () => Promise.reject(new Error('a bug')),
    };
    await using bench = await open(routes, { onUnavailable: 'error', asksForUser: true });
    const browser = await bench.loggedIn();
    const before = bench.app.users.length;
    bench.store.down = true;
    expect(await browser.json('/ignored')).toEqual({ session: 'undefined' });
    expect((await browser.get('/ignored/mistake')).status).toBe(500);
    expect(new Set(bench.app.users.slice(before))).toEqual(new Set([undefined]));
    expect(inspect(bench.app.errors)).toContain('a bug');
    expect(bench.app.errors).toHaveLength(1);
  });

  it('says where data belongs where the session itself is assigned', async () => {
    await using bench = await open({
      '/slips': ({ owner }) => [slip(() => Object.assign(owner, { session: null }))],
    });
    expect(await bench.browser().json('/slips')).toEqual([
      expect.stringMatching(/session can not be assigned.*session\.data.*destroy\(\)/),
    ]);
  });

  it('saves what code changes that nobody waited for, and tells of what is too late', async () => {
    const late: Promise<void>[] = [];
    await using bench = await open({
      '/late': ({ session }) => {
        late.push(setTimeout(20).then(() => void (session.data.note = 'late')));
        return {};
      },
    });
    const browser = await bench.loggedIn();
    await browser.json('/late');
    await Promise.all(late);
    await until(
      'the change is stored',
      async () => JSON.stringify(await browser.json('/user')).includes('"note":"late"') || undefined,
    );
    expect(bench.app.errors).toEqual([]);
    await bench.browser().json('/late');
    await Promise.all(late);
    await until('an error is told', () => bench.app.errors.length > 0 || undefined);
  });

  it('tells of nothing, and asks for nothing, where the session is only looked at after it was saved', async () => {
    const late: Promise<void>[] = [];
    const lookLater = (session: Session): object => {
      late.push(setTimeout(20).then(() => void session.data.user));
      return {};
    };
    await using bench = await open({
      '/page': ({ session }) => lookLater(session),
      '/change': ({ session }) => {
        session.data.note = 'in time';
        return lookLater(session);
      },
      '/logout': async ({ session }) => {
        await session.destroy();
        return lookLater(session);
      },
    });
    for (const path of ['/page', '/change', '/logout']) {
      const browser = await bench.loggedIn();
      await browser.get(path);
      const { asked } = bench.store;
      await Promise.all(late.splice(0));
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      expect([path, bench.store.asked]).toEqual([path, asked]);
    }
    expect(bench.app.errors).toEqual([]);
  });

  it('tells once of what is too late, though who is told asks for the session’s user', async () => {
    const late: Promise<void>[] = [];
    await using bench = await open(
      {
        '/late': ({ session }) => {
          late.push(setTimeout(20).then(() => void (session.data.note = 'late')));
          return {};
        },
      },
      { asksForUser: true },
    );
    await bench.browser().json('/late');
    await Promise.all(late);
    await until('an error is told', () => bench.app.errors.length > 0 || undefined);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    expect(bench.app.errors).toHaveLength(1);
  });
}

function slip(change: () => unknown): string {
  try {
    change();
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}
