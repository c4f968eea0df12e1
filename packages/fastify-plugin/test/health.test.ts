/* oxlint-disable oxc/no-async-endpoint-handlers -- Fastify awaits its handlers */
import { EventEmitter, once } from 'node:events';
import { startLocalCluster } from '@sess/local-cluster';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import sessions from '../src/index.ts';
import { SECRET, shop } from './shop.ts';

describe('app.sessions', () => {
  it('tells readiness probes how it is', async () => {
    const app = await shop();
    await app.sessions.ready();
    expect(app.sessions.state).toBe('ready');
    await app.close();
    expect(app.sessions.state).toBe('closed');
  });

  it('is closed after the requests that were under way: their sessions are saved', async () => {
    const cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    onTestFinished(() => cluster.close());
    const servers = cluster.nodes.map(({ id }) => id);
    const app = fastify();
    // Options of the client, as they stand beside `servers`.
    await app.register(sessions, { servers, client: { copies: 2, timeoutMs: 5_000 }, secret: SECRET, secure: false });
    const gate = new EventEmitter();
    const inside = once(gate, 'inside');
    app.post('/slow', async (request) => {
      gate.emit('inside');
      await once(gate, 'go on');
      request.session.data.cart = ['late'];
      return {};
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const asked = fetch(`${url}/slow`, { method: 'POST', headers: { connection: 'close' } });
    await inside;
    await app.sessions.ready();
    const closed = app.close();
    expect(app.sessions.state).toBe('ready');
    gate.emit('go on');
    const answer = await asked;
    await closed;
    expect(answer.status).toBe(200);
    expect(app.sessions.state).toBe('closed');

    const next = fastify();
    onTestFinished(() => next.close());
    await next.register(sessions, {
      servers: `memcached://${servers.join(',')}?copies=2`,
      secret: SECRET,
      secure: false,
    });
    next.get('/cart', async (request) => request.session.data.cart ?? []);
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect((await next.inject({ url: '/cart', headers: { cookie } })).json()).toEqual(['late']);
  });
});
