import type { ServerResponse } from 'node:http';
import type { ResponseHeaders } from './response-head.ts';

/** The headers of a response that Node.js writes. */
export function serverHeaders(response: ServerResponse): ResponseHeaders {
  return new ServerHeaders(response);
}

/** A class, because a literal would make four closures for each response. */
class ServerHeaders implements ResponseHeaders {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get(name: string): number | string | readonly string[] | undefined {
    return this.#response.getHeader(name);
  }

  set(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  remove(name: string): void {
    this.#response.removeHeader(name);
  }

  addCookie(line: string): void {
    this.#response.appendHeader('set-cookie', line);
  }
}
