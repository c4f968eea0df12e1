import { readFileSync } from 'node:fs';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { startRedis, type RedisServer } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from './browser.ts';
import { ExampleProcess } from './example-process.ts';

type Step = 'Before' | 'Side by side' | 'After';

/** In its long form, all of them and each of their programs: each is a process. */
const long = inject('long');

const GUIDES = [
  ...(inject('programs').includes('redis')
    ? [{ guide: 'from-connect-redis', before: ['connect.sid'], after: ['connect.sid'] }]
    : []),
  { guide: 'from-express-session', before: ['connect.sid'], after: ['connect.sid'] },
  { guide: 'from-fastify-session', before: ['sessionId'], after: ['sess'] },
  { guide: 'from-koa-session', before: ['koa.sess', 'koa.sess.sig'], after: ['sess'] },
];

describe.each(long ? GUIDES : GUIDES.filter(({ guide }) => guide === 'from-fastify-session'))(
  'the guide $guide',
  ({ guide, before, after }) => {
    const page = readFileSync(new URL(`../../../docs/guides/${guide}.md`, import.meta.url), 'utf8');
    let old: LocalCluster;
    let redis: RedisServer | undefined;
    let cluster: LocalCluster;
    beforeAll(async () => {
      old = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
      cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
      if (guide === 'from-connect-redis') redis = await startRedis();
    });
    afterAll(async () => {
      await redis?.[Symbol.asyncDispose]();
      await cluster.close();
      await old.close();
    });

    /** The program under a heading, as it stands. */
    const start = (step: Step): Promise<ExampleProcess> => {
      const section = page.split(`## ${step}\n`)[1]?.split('\n## ')[0] ?? '';
      const program = /```js\n(.*?)```/s.exec(section)?.[1] ?? '';
      return ExampleProcess.start(program, {
        OLD_SERVERS: old.nodes.map(({ id }) => id).join(','),
        OLD_REDIS: redis === undefined ? '' : `redis://127.0.0.1:${redis.port}`,
        OLD_SECRET: 'an old secret of at least thirty-two bytes',
        SESS_SERVERS: `elasticache://${cluster.configurationEndpoint}?timeoutMs=10000`,
        SESS_SECRET: 'a secret of at least thirty-two bytes',
      });
    };

    // The way of the users through all three is below.
    it.runIf(long).each<Step>(['Before', 'Side by side', 'After'])(
      'shows under "%s" a program that keeps a user from login to logout',
      async (step) => {
        await using app = await start(step);
        const browser = new Browser();
        expect(await browser.ask(`${app.url}/profile`)).toEqual({});
        await browser.ask(`${app.url}/login`, 'POST');
        expect(browser.cookieNames).toEqual(step === 'Before' ? before : after);
        expect(await browser.ask(`${app.url}/profile`)).toEqual({ user: 'USER_123' });
        await browser.ask(`${app.url}/logout`, 'POST');
        expect(await browser.ask(`${app.url}/profile`)).toEqual({});
      },
    );

    it('moves a user who is logged in, and logs out who logs out on the way', { timeout: 60_000 }, async () => {
      const [stays, leaves, late] = [new Browser(), new Browser(), new Browser()];
      {
        await using app = await start('Before');
        for (const browser of [stays, leaves, late]) await browser.ask(`${app.url}/login`, 'POST');
      }
      {
        await using app = await start('Side by side');
        for (const browser of [stays, leaves])
          expect(await browser.ask(`${app.url}/profile`)).toEqual({ user: 'USER_123' });
        await leaves.ask(`${app.url}/logout`, 'POST');
        expect(await leaves.ask(`${app.url}/profile`)).toEqual({});
      }
      await using app = await start('After');
      expect(stays.cookieNames).toEqual(after);
      expect(await stays.ask(`${app.url}/profile`)).toEqual({ user: 'USER_123' });
      expect(await leaves.ask(`${app.url}/profile`)).toEqual({});
      expect(await late.ask(`${app.url}/profile`)).toEqual({});
    });
  },
);
