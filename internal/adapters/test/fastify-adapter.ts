import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import sessions, { type FastifySessionsOptions } from '@sess/fastify-plugin';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { AdapterSubject, Exchange } from './suite/subject.ts';

export const fastifyAdapter: AdapterSubject = {
  name: '@sess/fastify-plugin',
  register: async (options) => fastify().register(sessions, options as FastifySessionsOptions),
  async start({ sessions: options, routes, last, asksForUser, trustProxy = false }) {
    const errors: unknown[] = [];
    const lines: string[] = [];
    const outages: string[] = [];
    const users: unknown[] = [];
    const stream = {
      write(line: string) {
        const entry = JSON.parse(line) as { level: number; msg: string };
        lines.push(line);
        if (entry.msg.startsWith('Sessions are')) outages.push(entry.msg);
        else if (entry.level >= 50) errors.push(entry);
      },
    };
    const ask = (request: FastifyRequest): void => void users.push(request.session?.data.user);
    const serializers = asksForUser === true ? { req: (request: FastifyRequest) => (ask(request), {}) } : {};
    const current = new AsyncLocalStorage<FastifyRequest>();
    /** Each error is logged with the user of the request that it came from. */
    const mixin = (_entry: object, level: number): object => {
      const request = current.getStore();
      if (request !== undefined && level >= 50) ask(request);
      return {};
    };
    const app = fastify({ trustProxy, logger: { level: 'info', stream, serializers, mixin } });
    if (asksForUser === true) {
      app.addHook('onRequest', (request, _reply, done) => current.run(request, done));
      app.setErrorHandler((error, request) => {
        ask(request);
        throw error;
      });
      app.addHook('onSend', async (request) => ask(request));
      app.addHook('onError', async (request) => ask(request));
      app.addHook('onResponse', async (request) => ask(request));
    }
    await app.register(sessions, options);
    for (const [path, handler] of Object.entries(routes)) {
      const config = { session: path.startsWith('/polled') ? { touch: false } : !path.startsWith('/ignored') };
      app.get(path, { config }, async (request, reply) => handler(exchangeOf(request, reply)));
    }
    if (last !== undefined) app.addHook('onSend', async (request, reply) => last(exchangeOf(request, reply)));
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    const close = (): Promise<void> => app.close();
    return { origin, sessions: app.sessions, lines, outages, users, errors, close, stop: close };
  },
};

function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
  return {
    get session() {
      return request.session;
    },
    header: (name, value) => void reply.header(name, value),
    status: (code) => void reply.code(code),
    takeOver: () => reply.hijack().raw,
    disconnected: () => once(request.raw.socket, 'close'),
    owner: request,
  };
}
