import { describe, expect, it, vi } from 'vitest';
import { cookieSigner } from './cookie-signature.ts';
import { requestIdentities } from './request-identities.ts';
import { sessionCookie } from './session-cookie.ts';
import { newSessionId, storageKey } from './session-id.ts';

const SECRET = 'a secret for tests, which has thirty-two bytes';
const NAME = '__Host-sess';

function identities(secrets = [SECRET]) {
  const signer = cookieSigner(secrets);
  const verify = vi.spyOn(signer, 'verify');
  const cookie = sessionCookie('auto', {
    name: undefined,
    path: '/',
    domain: undefined,
    sameSite: 'lax',
    partitioned: false,
    persistent: false,
  });
  return { signer, verify, read: requestIdentities(cookie, signer, 'p:') };
}

describe('the identities of a request', () => {
  it('are the ids of well-signed cookies, in their order, with their storage keys', () => {
    const { signer, read } = identities();
    const [one, two] = [newSessionId(), newSessionId()];
    const header = `a=b; ${NAME}=${signer.sign(NAME, one)}; ${NAME}=${one}; ${NAME}=${signer.sign(NAME, two)}`;
    const expected = [one, two].map((id) => ({ id, key: storageKey('p:', id), rotated: false }));
    expect(read.in(header, true)).toEqual(expected);
    expect(read.in(header, true)).toEqual(expected);
  });

  it('cost the hashes once, while the cookie is in use', () => {
    const { signer, verify, read } = identities();
    const header = `${NAME}=${signer.sign(NAME, newSessionId())}`;
    const [first] = read.in(header, true);
    for (let request = 0; request < 10; request += 1) expect(read.in(`theme=dark; ${header}`, true)).toEqual([first]);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('are never those of a forged cookie, however often it comes', () => {
    const { signer, verify, read } = identities();
    const good = signer.sign(NAME, newSessionId());
    expect(read.in(`${NAME}=${good}`, true)).toHaveLength(1);
    const forged = `${good.slice(0, -1)}${good.endsWith('A') ? 'E' : 'A'}`;
    for (let request = 0; request < 10; request += 1) expect(read.in(`${NAME}=${forged}`, true)).toEqual([]);
    expect(verify).toHaveBeenCalledTimes(11);
  });

  it('of a plain connection are not valid on a secure one, nor the reverse', () => {
    const { signer, read } = identities();
    const [plain, secure] = [signer.sign('sess', newSessionId()), signer.sign(NAME, newSessionId())];
    expect(read.in(`sess=${plain}`, false)).toHaveLength(1);
    expect(read.in(`${NAME}=${secure}`, true)).toHaveLength(1);
    expect(read.in(`${NAME}=${plain}`, true)).toEqual([]);
    expect(read.in(`sess=${secure}`, false)).toEqual([]);
    expect(read.in(`sess=${plain}; ${NAME}=${secure}`, false)).toHaveLength(1);
  });

  it('remember which secret signed', () => {
    const old = cookieSigner(['an old secret for tests of thirty-two bytes']);
    const { read } = identities([SECRET, 'an old secret for tests of thirty-two bytes']);
    const header = `${NAME}=${old.sign(NAME, newSessionId())}`;
    expect(read.in(header, true)).toMatchObject([{ rotated: true }]);
    expect(read.in(header, true)).toMatchObject([{ rotated: true }]);
  });
});
