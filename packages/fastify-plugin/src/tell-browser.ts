import type { RequestSession } from '@sess/session';
import type { FastifyReply } from 'fastify';

/** Adds the session's cookie to the response, beside the cookies that are there, and keeps caches from storing a response that carries it. */
export function tellBrowser(reply: FastifyReply, session: RequestSession): void {
  const cookie = session.takeCookie();
  if (cookie === undefined || reply.raw.headersSent) return;
  keepRawCookies(reply);
  reply.header('set-cookie', cookie);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}

/** Fastify's headers replace those that the application set on `reply.raw`: its cookies must not get lost to ours. */
function keepRawCookies(reply: FastifyReply): void {
  const raw = reply.raw.getHeader('set-cookie');
  if (raw === undefined) return;
  reply.raw.removeHeader('set-cookie');
  reply.header('set-cookie', Array.isArray(raw) ? raw : [String(raw)]);
}
