import sessions from '@sess/fastify-plugin';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { AdapterSubject, Exchange } from './suite/subject.ts';

export const fastifyAdapter: AdapterSubject = {
  name: '@sess/fastify-plugin',
  async start({ sessions: options, routes, last }) {
    const errors: unknown[] = [];
    const stream = { write: (line: string) => void (JSON.parse(line).level >= 50 && errors.push(JSON.parse(line))) };
    const app = fastify({ logger: { level: 'error', stream } });
    await app.register(sessions, options);
    for (const [path, handler] of Object.entries(routes)) {
      const config = { session: path.startsWith('/polled') ? { touch: false } : !path.startsWith('/ignored') };
      app.get(path, { config }, async (request, reply) => handler(exchangeOf(request, reply)));
    }
    if (last !== undefined) app.addHook('onSend', async (request, reply) => last(exchangeOf(request, reply)));
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    return { origin, sessions: app.sessions, errors, close: () => app.close() };
  },
};

function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
  return {
    get session() {
      return request.session;
    },
    header: (name, value) => void reply.header(name, value),
    takeOver: () => reply.hijack().raw,
    owner: request,
  };
}
