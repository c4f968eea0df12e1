import type { ResponseHeaders } from '@sess/session';
import type { FastifyReply } from 'fastify';

/** The headers that Fastify will send. */
export function replyHeaders(reply: FastifyReply): ResponseHeaders {
  return {
    get: (name) => reply.getHeader(name),
    set: (name, value) => void reply.header(name, value),
    remove(name) {
      reply.removeHeader(name);
      reply.raw.removeHeader(name);
    },
    addCookie(line) {
      keepRawCookies(reply);
      reply.header('set-cookie', line);
    },
  };
}

/** Fastify's headers replace those set on `reply.raw`, so our cookie would drop the application's cookies there. */
function keepRawCookies(reply: FastifyReply): void {
  const raw = reply.raw.getHeader('set-cookie');
  if (raw === undefined) return;
  reply.raw.removeHeader('set-cookie');
  reply.header('set-cookie', Array.isArray(raw) ? raw : [String(raw)]);
}
