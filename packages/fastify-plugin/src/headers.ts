import type { ResponseHeaders } from '@sess/session';
import type { FastifyReply } from 'fastify';

/** The headers that Fastify is going to send. */
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

/** Fastify's headers replace those that the application set on `reply.raw`: its cookies must not get lost to ours. */
function keepRawCookies(reply: FastifyReply): void {
  const raw = reply.raw.getHeader('set-cookie');
  if (raw === undefined) return;
  reply.raw.removeHeader('set-cookie');
  reply.header('set-cookie', Array.isArray(raw) ? raw : [String(raw)]);
}
