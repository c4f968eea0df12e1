import { request } from 'node:http';
import { until } from '@sess/conformance';
import { expect, it } from 'vitest';
import type { Open } from './bench.ts';
import { Gate } from './gate.ts';
import type { Exchange } from './subject.ts';

const NOBODY = { user: null, note: null };
const LOGGED_IN = { user: 'USER_123', note: null };

/** Handlers that forget to `await`, and requests that no careful browser sends. */
export function carelessSection(open: Open): void {
  const handlers: readonly [string, (exchange: Exchange) => unknown, object][] = [
    [
      'regenerate()',
      ({ session }) => {
        void session.regenerate();
        session.data.user = 'USER_123';
        return {};
      },
      LOGGED_IN,
    ],
    [
      'regenerate() twice',
      ({ session }) => {
        void session.regenerate();
        session.data.note = 'first';
        void session.regenerate();
        session.data.user = 'USER_123';
        return {};
      },
      LOGGED_IN,
    ],
    [
      'regenerate() and save()',
      ({ session }) => {
        void session.regenerate();
        session.data.user = 'USER_123';
        void session.save();
        session.data.note = 'later';
        return {};
      },
      { user: 'USER_123', note: 'later' },
    ],
    [
      'destroy() and regenerate()',
      ({ session }) => {
        void session.destroy();
        session.data.note = 'first';
        void session.regenerate();
        session.data.user = 'USER_123';
        return {};
      },
      LOGGED_IN,
    ],
    ['destroy()', ({ session }) => (void session.destroy(), {}), NOBODY],
    [
      'regenerate() and destroy()',
      ({ session }) => {
        void session.regenerate();
        session.data.user = 'USER_123';
        void session.destroy();
        return {};
      },
      NOBODY,
    ],
    [
      'save()',
      ({ session }) => {
        session.data.user = 'USER_123';
        void session.save();
        session.data.note = 'later';
        return {};
      },
      { user: 'USER_123', note: 'later' },
    ],
    [
      'update()',
      ({ session }) => {
        void session.update((data) => void (data.user = 'USER_123'));
        session.data.note = 'later';
        return {};
      },
      { user: 'USER_123', note: 'later' },
    ],
  ];
  it.each(handlers)('is the same if the handler does not await %s', async (_, handler, expected) => {
    await using bench = await open({
      '/careless': handler,
      '/guest': ({ session }) => ((session.data.user = 'GUEST'), {}),
    });
    for (const first of ['/plain', '/guest']) {
      const browser = bench.browser();
      await browser.json(first);
      await browser.json('/careless');
      expect([first, await browser.json('/user')]).toEqual([first, expected]);
    }
    expect(bench.app.errors).toEqual([]);
  });

  it.each(['login', 'logout'] as const)(
    'is dead under its old id after a login beside a logout: %s ends last',
    async (last) => {
      const gates = { login: new Gate(), logout: new Gate() };
      await using bench = await open({
        '/slow-login': async ({ session }) => {
          await gates.login.pass();
          await session.regenerate();
          session.data.user = 'USER_456';
          return {};
        },
        '/slow-logout': async ({ session }) => {
          await gates.logout.pass();
          await session.destroy();
          return {};
        },
      });
      const browser = await bench.loggedIn();
      const [login, logout] = [browser.copy(), browser.copy()];
      const answers = { login: login.get('/slow-login'), logout: logout.get('/slow-logout') };
      await Promise.all([gates.login.begun, gates.logout.begun]);
      for (const name of last === 'login' ? (['logout', 'login'] as const) : (['login', 'logout'] as const)) {
        gates[name].open();
        expect((await answers[name]).status).toBe(200);
      }
      expect(await browser.json('/user')).toEqual(NOBODY);
      expect(await logout.json('/user')).toEqual(NOBODY);
      expect(await login.json('/user')).toEqual({ user: 'USER_456', note: null });
    },
  );

  it('brings its cookie with every status, with and without a body', async () => {
    const codes = [200, 201, 204, 301, 302, 303, 304, 400, 401, 404, 409, 500, 503];
    await using bench = await open(
      Object.fromEntries(
        codes.map((code) => [
          `/${code}`,
          async ({ session, status, header }: Exchange) => {
            await session.regenerate();
            session.data.user = 'USER_123';
            status(code);
            if (code > 300 && code < 304) header('location', '/user');
            return code === 204 || code === 304 ? undefined : {};
          },
        ]),
      ),
    );
    for (const code of codes) {
      for (const method of ['GET', 'HEAD']) {
        const browser = bench.browser();
        const { status, headers } = await browser.fetch(`/${code}`, { method, redirect: 'manual' });
        expect([method, status, headers.getSetCookie().length]).toEqual([method, code, 1]);
        expect([method, code, await browser.json('/user')]).toEqual([method, code, LOGGED_IN]);
      }
    }
  });

  it('is found beside planted cookies of its name, and in a long header', async () => {
    await using bench = await open({});
    const browser = await bench.loggedIn();
    const [[name, value] = ['', '']] = [...browser.cookies];
    const plants: readonly (readonly string[])[] = [
      Array.from({ length: 50 }, (_, n) => `${name}=${'A'.repeat(32)}.${String(n).padStart(43, 'B')}`),
      [`${name}=`, name, `=${name}`, `${name}=;`, `${name}="${value}`],
      [`${name}x=1`, `x${name}=2`, `${name}=%00`, `${name}=\u00e9`],
      [`${name}=${value}x`, `${name}=${value.slice(0, -1)}`, `${name}=${value.toUpperCase()}`],
      [`long=${'x'.repeat(12_000)}`],
    ];
    for (const plant of plants) {
      for (const cookies of [
        [...plant, `${name}=${value}`],
        [`${name}=${value}`, ...plant],
      ]) {
        expect(await bodyOf(bench.app.origin, cookies.join('; '))).toBe(JSON.stringify(LOGGED_IN));
      }
      expect(await bodyOf(bench.app.origin, plant.join('; '))).toBe(JSON.stringify(NOBODY));
    }
  });

  it('is saved for a visitor who goes away before the answer, whether it changes before or after', async () => {
    const gate = new Gate();
    await using bench = await open({
      '/change': async ({ session, disconnected }) => {
        session.data.user = 'USER_456';
        const gone = disconnected();
        await gate.pass();
        await gone;
        session.data.note = 'saved';
        return {};
      },
    });
    const browser = await bench.loggedIn();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const gone = request(`${bench.app.origin}/change`, { headers: { cookie } });
    gone.on('error', () => undefined).end();
    await gate.begun;
    gone.destroy();
    gate.open();
    const saved = JSON.stringify({ user: 'USER_456', note: 'saved' });
    await until('it is saved', async () => (await browser.get('/user')).text === saved || undefined);
    expect(bench.app.errors).toEqual([]);
  });
}

/** The answer of `/user` to a `Cookie` header that `fetch` would not send. */
function bodyOf(origin: string, cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}/user`, { headers: { cookie } }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .on('end', () => resolve(text));
    });
    asked.on('error', reject).end();
  });
}
