import { SessionError } from '@sess/session';
import { expect, it } from 'vitest';
import { rethrowOfItem, StoreError } from './errors.ts';

it.each([
  ['SESS_TIMEOUT', 'memcached: out of reach: no answer, or none that can be used'],
  ['SESS_OUT_OF_MEMORY', 'memcached: no memory is left for this change'],
])('an item says whether its store is out of reach or has no memory: %s', (code, message) => {
  const cause = Object.assign(new Error('what the client says'), { code });
  const error = new SessionError('SESS_UNAVAILABLE', 'memcached: no memory is left for this change', { cause });
  const rethrown = (() => {
    try {
      return rethrowOfItem(error);
    } catch (caught) {
      return caught;
    }
  })();
  expect(StoreError.is(rethrown)).toBe(true);
  expect(rethrown).toMatchObject({ code: 'SESS_UNAVAILABLE', message, cause: { code } });
});
