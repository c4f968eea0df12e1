import type { ServerResponse } from 'node:http';

const CHANGERS = ['setHeader', 'appendHeader', 'removeHeader'] as const;

/**
 * Makes a held response look as if its head had been sent: error handlers that check `headersSent`, as Express does,
 * must not append an error to the body that has begun.
 */
export function showAsBegun(response: ServerResponse, hasBegun: () => boolean): void {
  const kind = Object.getPrototypeOf(response) as object;
  Object.defineProperty(response, 'headersSent', {
    configurable: true,
    enumerable: true,
    get: () => hasBegun() || Reflect.get(kind, 'headersSent', response) === true,
  });
  for (const name of CHANGERS) {
    const change = Reflect.get(response, name) as (...given: unknown[]) => unknown;
    Reflect.set(response, name, (...given: unknown[]) => {
      if (hasBegun()) throw headersSent();
      return Reflect.apply(change, response, given);
    });
  }
}

/** The error of Node.js. */
function headersSent(): Error {
  const error = new Error('Cannot change headers after they are sent to the client');
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' });
}
