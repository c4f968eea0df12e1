import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { completeHead, type ResponseHeaders } from '../src/response/response-head.ts';
import type { RequestSession } from '../src/session.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as (options: { readonly type: 'minor' | 'major' }) => void;

const RESPONSES = 300;
const REQUEST_WORDS = 2_000;

/** Stands for everything that a response references: the request, its headers, its session. */
function headersOfRequest(): ResponseHeaders {
  const request = Array.from({ length: REQUEST_WORDS }, () => 0.5);
  return {
    get: () => (request.length === 0 ? '' : undefined),
    set: () => undefined,
    remove: () => undefined,
    addCookie: () => undefined,
  };
}

const SESSION: Pick<RequestSession, 'wasRead' | 'takeCookie'> = {
  wasRead: true,
  takeCookie: (response) => (response?.cacheable === true ? 'a=b' : undefined),
};

const complete = (): void => completeHead(SESSION as RequestSession, headersOfRequest());

it('a response is freed by the next small garbage collection: completing its head keeps nothing of it', () => {
  for (let response = 0; response < RESPONSES; response += 1) complete();
  collectGarbage({ type: 'major' });
  const before = process.memoryUsage().heapUsed;
  for (let response = 0; response < RESPONSES; response += 1) {
    complete();
    if (response % 50 === 49) collectGarbage({ type: 'minor' });
  }
  collectGarbage({ type: 'minor' });
  const keptBytes = process.memoryUsage().heapUsed - before;
  expect(keptBytes).toBeLessThan((RESPONSES * REQUEST_WORDS * 8) / 4);
});
