import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startLocalCluster } from '@sess/local-cluster';
import { memoryStore } from '@sess/session';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sessions } from '../src/index.ts';
import { SECRET } from './shop.ts';

describe('the middleware', () => {
  it('tells readiness probes how it is', async () => {
    const middleware = sessions({ store: memoryStore(), secret: SECRET });
    await middleware.ready();
    expect(middleware.state).toBe('ready');
    await middleware.close();
    expect(middleware.state).toBe('closed');
  });

  it('is closed when the server has closed: sessions of requests that were under way are saved', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    onTestFinished(() => cluster.close());
    const servers = cluster.nodes.map(({ id }) => id);
    const gate = new EventEmitter();
    const inside = once(gate, 'inside');
    const first = sessions({ servers, client: { copies: 2, timeoutMs: 5_000 }, secret: SECRET, secure: false });
    const server = new Koa()
      .use(first)
      .use(async (ctx) => {
        gate.emit('inside');
        await once(gate, 'go on');
        ctx.session.data.cart = ['late'];
        ctx.body = {};
      })
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    const asked = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      headers: { connection: 'close' },
    });
    await inside;
    await first.ready();
    const ended = once(server, 'close').then(() => first.close());
    server.close();
    expect(first.state).toBe('ready');
    gate.emit('go on');
    const answer = await asked;
    await ended;
    expect(answer.status).toBe(200);
    expect(first.state).toBe('closed');

    const second = sessions({ servers: `memcached://${servers.join(',')}?copies=2`, secret: SECRET, secure: false });
    onTestFinished(() => second.close());
    const next = new Koa()
      .use(second)
      .use((ctx) => {
        ctx.body = ctx.session.data.cart ?? [];
      })
      .listen(0, '127.0.0.1');
    onTestFinished(() => void next.close());
    await once(next, 'listening');
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const found = await fetch(`http://127.0.0.1:${(next.address() as AddressInfo).port}`, {
      headers: { cookie, connection: 'close' },
    });
    expect(await found.json()).toEqual(['late']);
  });
});
