import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { eventsDuring } from './events-during.ts';
import { Browser, SECRET } from './visit.ts';

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(`./interop/${name}`, import.meta.url));

/** What another language did with one session. */
interface Answer {
  readonly read: unknown;
  readonly saved: boolean;
  /** A second save with the same compare-and-swap number. */
  readonly again: boolean;
}

const LANGUAGES = [
  { language: 'Python', program: 'pylibmc', command: ['/usr/bin/python3', '-B', here('drive.py')] },
  { language: 'PHP', program: 'php-memcached', command: ['php', here('drive.php')] },
] as const;

const SESSIONS = 60;
const present = LANGUAGES.filter(({ program }) => inject('programs').includes(program));

describe.runIf(inject('runtimes').includes('memcached') && present.length > 0)(
  'sessions on three memcached nodes',
  () => {
    let cluster: LocalCluster;
    let sessions: Sessions;
    let browsers: Browser[];

    beforeAll(async () => {
      cluster = await startLocalCluster({ nodes: 3, runtime: 'memcached' });
      sessions = createSessions({ servers: `memcached://${nodes().join(',')}`, secret: SECRET, secure: true });
      await sessions.ready();
      browsers = Array.from({ length: SESSIONS }, () => new Browser({ sessions }));
      await Promise.all(
        browsers.map((browser, n) =>
          browser.visit((session) => void (session.data = { user: `Jürgen ${n}`, cart: [], note: {} })),
        ),
      );
    });

    afterAll(async () => {
      await sessions?.close();
      await cluster?.close();
    });

    const nodes = (): string[] => cluster.nodes.map(({ id }) => id);

    async function ask(
      command: readonly [string, ...string[]],
      item: string,
      visitors: readonly Browser[] = browsers,
    ): Promise<(Answer | null)[]> {
      const cookies = visitors.map(({ cookies: kept }) => kept.get('__Host-sess') ?? '');
      const task = { servers: nodes(), cookies, name: '__Host-sess', secret: SECRET, item };
      const [program, ...args] = command;
      const { stdout } = await run(program, [...args, JSON.stringify(task)]);
      return JSON.parse(stdout) as (Answer | null)[];
    }

    it.each(present)('are read and changed by $language, and go on in Node.js', async ({ language, command }) => {
      const before = await Promise.all(browsers.map((browser) => browser.visit((session) => session.data)));
      const answers = await ask(command, `from ${language}`);
      expect(answers).toEqual(before.map((data) => ({ read: data, saved: true, again: false })));
      for (const [n, browser] of browsers.entries()) {
        const data = await browser.visit((session) => (session.data.cart?.push('from Node.js'), session.data));
        expect(data).toEqual({
          user: `Jürgen ${n}`,
          cart: [...(before[n]?.cart ?? []), `from ${language}`, 'from Node.js'],
          note: {},
        });
      }
    });

    it.each(present)('that $language saved while a request was running keep what both changed', async ({ command }) => {
      const browser = new Browser({ sessions });
      await browser.visit((session) => void (session.data.user = 'USER_123'));
      const running = await browser.open();
      running.data.user = 'USER_456';
      expect(await ask(command, 'meanwhile', [browser])).toMatchObject([{ saved: true }]);
      expect(await eventsDuring('sess:session:conflict', () => browser.close(running))).toHaveLength(1);
      expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_456', cart: ['meanwhile'] });
    });

    it.each(present)(
      'that have a lifetime of their own, or were renewed, are read and changed by $language',
      async ({ command }) => {
        let passed = 0;
        const url = `memcached://${nodes().join(',')}`;
        const renewing = createSessions({
          servers: url,
          secret: SECRET,
          secure: true,
          renewAfterSeconds: 60,
          now: () => Date.now() + passed,
        });
        try {
          await renewing.ready();
          const [own, renewed] = [new Browser({ sessions: renewing }), new Browser({ sessions: renewing })];
          for (const browser of [own, renewed]) await browser.visit((session) => void (session.data.user = 'USER_123'));
          await own.visit((session) => session.regenerate({ keep: true, ttlSeconds: 7_200, persistent: true }));
          passed = 61_000;
          const before = renewed.copy();
          await renewed.visit((session) => session.data);
          expect(renewed.cookieHeader).not.toBe(before.cookieHeader);
          const answer = { read: { user: 'USER_123' }, saved: true, again: false };
          // Only Node.js finds the session by the id before the renewal.
          expect(await ask(command, 'sku-1', [own, renewed, before])).toEqual([answer, answer, null]);
          for (const browser of [before, renewed, own]) {
            expect(await browser.visit((session) => session.data)).toEqual({ user: 'USER_123', cart: ['sku-1'] });
          }
          expect(await own.visit((session) => session.expiresAt.getTime())).toBeGreaterThan(Date.now() + 7_000_000);
        } finally {
          await renewing.close();
        }
      },
    );

    it.each(present)(
      'whose user may be revoked, or that are not plain JSON, are none to $language, and stay as they are',
      async ({ command }) => {
        const servers = `memcached://${nodes().join(',')}`;
        const forms: readonly Partial<SessionsOptions>[] = [
          { userOf: (data) => data.user },
          { compress: { aboveBytes: 0 } },
          { encrypt: { secret: SECRET } },
        ];
        for (const form of forms) {
          const others = createSessions({ servers, secret: SECRET, secure: true, ...form });
          try {
            await others.ready();
            const browser = new Browser({ sessions: others });
            const data = { user: 'USER_123', note: 'x'.repeat(200) };
            await browser.visit((session) => void (session.data = data));
            expect(await ask(command, 'sku-1', [browser])).toEqual([null]);
            expect(await browser.visit((session) => session.data)).toEqual(data);
          } finally {
            await others.close();
          }
        }
      },
    );

    it.each(present)(
      'that were destroyed are none to $language, and neither is a forged cookie',
      async ({ command }) => {
        const browser = new Browser({ sessions });
        await browser.visit((session) => void (session.data.user = 'USER_123'));
        const copy = browser.copy();
        await browser.visit((session) => session.destroy());
        const [name, value] = [...copy.cookies][0] ?? ['', ''];
        const forged = new Browser({ sessions }, [[name, `${value.slice(0, -1)}!`]]);
        expect(await ask(command, 'too late', [copy, forged])).toEqual([null, null]);
      },
    );
  },
);

describe('docs/interop.md', () => {
  it.each(['session.py', 'session.php'])('shows %s as it is tested', async (name) => {
    const docs = await readFile(new URL('../../../docs/interop.md', import.meta.url), 'utf8');
    expect(docs).toContain(await readFile(here(name), 'utf8'));
  });
});
