import type { ServerResponse } from 'node:http';
import type { ResponseHeaders } from './response-head.ts';

/** The headers of a response that Node.js writes. */
export function serverHeaders(response: ServerResponse): ResponseHeaders {
  return {
    get: (name) => response.getHeader(name),
    set: (name, value) => void response.setHeader(name, value),
    remove: (name) => response.removeHeader(name),
    addCookie: (line) => void response.appendHeader('set-cookie', line),
  };
}
