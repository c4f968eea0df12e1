import { createClient, type Client } from '@sess/client';
import { failingStore, type FailingStore } from '@sess/conformance';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { expressLogins } from './logins/express-logins.ts';
import { fastifyLogins } from './logins/fastify-logins.ts';
import { koaLogins } from './logins/koa-logins.ts';
import { loginConformance } from './logins/login-suite.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const SETTINGS = { secret: SECRET, ttlSeconds: 3_600, secure: false };

describe.each([...fastifyLogins, koaLogins, ...expressLogins])('$name', (subject) => {
  describe('over a store in memory', () => {
    const store: FailingStore = failingStore();
    const turn = (down: boolean) => () => void (store.down = down);
    loginConformance(subject, { options: () => ({ ...SETTINGS, store }), crash: turn(true), restart: turn(false) });
  });

  describe.each(inject('mainRuntimes'))('over memcached (%s)', (runtime) => {
    let cluster: LocalCluster;
    let client: Client;
    beforeAll(async () => {
      cluster = await startLocalCluster({ nodes: 1, runtime });
      client = createClient({ servers: `memcached://${cluster.nodes[0]?.id}`, timeoutMs: 1_000 });
      await client.ready();
    });
    afterAll(async () => {
      await client.close();
      await cluster.close();
    });
    const id = (): string => cluster.nodes[0]?.id ?? '';
    // Paused, not crashed: a node that crashed has lost what it held.
    loginConformance(subject, {
      options: () => ({ ...SETTINGS, client }),
      crash: () => cluster.pauseNode(id()),
      restart: () => cluster.resumeNode(id()),
    });
  });
});
