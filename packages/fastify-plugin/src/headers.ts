import type { ResponseHeaders } from '@sess/session';
import type { FastifyReply } from 'fastify';

/** The headers that Fastify will send. */
export class ReplyHeaders implements ResponseHeaders {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  get(name: string): number | string | readonly string[] | undefined {
    return this.#reply.getHeader(name);
  }

  set(name: string, value: string): void {
    this.#reply.header(name, value);
  }

  remove(name: string): void {
    this.#reply.removeHeader(name);
    this.#reply.raw.removeHeader(name);
  }

  addCookie(line: string): void {
    keepRawCookies(this.#reply);
    this.#reply.header('set-cookie', line);
  }
}

/** Fastify's headers replace those set on `reply.raw`, so our cookie would drop the application's cookies there. */
function keepRawCookies(reply: FastifyReply): void {
  const raw = reply.raw.getHeader('set-cookie');
  if (raw === undefined) return;
  reply.raw.removeHeader('set-cookie');
  reply.header('set-cookie', Array.isArray(raw) ? raw : [String(raw)]);
}
