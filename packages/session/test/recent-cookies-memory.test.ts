import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { cookieSigner } from '../src/cookie/cookie-signature.ts';
import { requestIdentities } from '../src/cookie/request-identities.ts';
import { resolveOptions } from '../src/options/resolve-options.ts';
import { sessionCookie } from '../src/cookie/session-cookie.ts';
import { newSessionId } from '../src/cookie/session-id.ts';
import { memoryStore } from '../src/stores/memory-store.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const SECRET = 'a secret for tests, which has thirty-two bytes';
const VISITORS = 2_000;
const HEADER_BYTES = 15_000;

it('remembering a visitor does not keep the whole Cookie header', () => {
  const { secure, cookie, secrets, keyPrefix } = resolveOptions({ secret: SECRET, store: memoryStore() });
  const [signer, cookies] = [cookieSigner(secrets), sessionCookie(secure, cookie)];
  const identities = requestIdentities(cookies, signer, keyPrefix);
  const name = cookies.name(true);
  const visit = (): void => {
    // A flat string, like a header from the socket.
    const header = Buffer.from(
      `other=${'x'.repeat(HEADER_BYTES)}; ${name}=${signer.sign(name, newSessionId())}`,
    ).toString('latin1');
    expect(identities.in(header, true)).toHaveLength(1);
  };
  for (let visitor = 0; visitor < VISITORS; visitor += 1) visit();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let visitor = 0; visitor < VISITORS; visitor += 1) visit();
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / VISITORS).toBeLessThan(1_000);
  // Uses the object once more, so that it was alive while the memory was measured.
  expect(identities.in('', true)).toEqual([]);
});
