import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { tlsAdvice } from './tls-advice.ts';
import { tlsIdentity } from './tls-identity.ts';

const CERTIFICATE = { subject: { CN: 'node.test' }, subjectaltname: 'DNS:node.test' } as PeerCertificate;

/** What the guarded check says of {@link CERTIFICATE}, for a server that is called `host`. */
function checked(host: string, tls: ConnectionOptions): unknown {
  return tlsIdentity(host, tls).checkServerIdentity?.('10.0.0.1', CERTIFICATE);
}

/** A check that answers with `answer`, of whatever type. */
function answering(answer: unknown): ConnectionOptions {
  return { checkServerIdentity: () => answer as undefined };
}

describe('the identity of a server', () => {
  it('is its name, or tls.servername, and not its address', () => {
    expect(checked('node.test', {})).toBeUndefined();
    expect(checked('10.0.0.1', { servername: 'node.test' })).toBeUndefined();
    expect(checked('other.test', {})).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is asked for by name, never by address', () => {
    const names = ['node.test', '10.0.0.1', '::1'].map((host) => tlsIdentity(host, {}).servername);
    expect(names).toEqual(['node.test', '', '']);
  });

  it.each([undefined, null, false, ''])('is right if the function of the application answers %j', (answer) => {
    expect(checked('other.test', answering(answer))).toBeUndefined();
  });
});

describe('a function of the application', () => {
  it.each<[string, ConnectionOptions, string]>([
    ['answers with an error', answering(new Error('not pinned')), 'not pinned'],
    ['answers with a text', answering('not pinned\nat all'), 'not pinned'],
    ['answers with something else', answering({ pinned: false }), 'it answered with a value of type object'],
    ['answers later', { checkServerIdentity: late as () => never }, 'it returned a promise, but must answer at once'],
    ['throws', { checkServerIdentity: () => thrown(new Error('not pinned')) }, 'not pinned'],
    ['throws nothing', { checkServerIdentity: () => thrown(undefined) }, 'it answered with a value of type undefined'],
  ])('that %s refuses the certificate, and is named', (_, tls, reason) => {
    const refusal = checked('node.test', tls);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).toMatchObject({ message: `tls.checkServerIdentity: ${reason}` });
    expect(tlsAdvice(refusal)).toContain('This function of the application');
  });

  it('that leaves the check to Node.js, and returns or throws what it said, is not to blame', () => {
    const refusal = checked('other.test', {});
    expect(checked('node.test', answering(refusal))).toBe(refusal);
    expect(checked('node.test', { checkServerIdentity: () => thrown(refusal) })).toBe(refusal);
  });

  it('that should give a key, and throws or gives something else, is named', () => {
    const key = { psk: Buffer.alloc(16), identity: 'client' };
    expect([asked(() => key), asked(() => null), asked(() => undefined)]).toEqual([key, null, null]);
    expect(() => asked(() => thrown(new Error('no key')))).toThrow('tls.pskCallback: no key');
    for (const wrong of [5, {}, { psk: 'text', identity: 'client' }])
      expect(() => asked(() => wrong)).toThrow('tls.pskCallback: it must return');
    expect(() => asked(late)).toThrow('tls.pskCallback: it returned a promise');
    expect(tlsIdentity('node.test', {})).not.toHaveProperty('pskCallback');
  });
});

/** The key for a server, as `node:tls` asks for it. */
function asked(pskCallback: () => unknown): unknown {
  return tlsIdentity('node.test', { pskCallback: pskCallback as () => null }).pskCallback?.(null);
}

async function late(): Promise<never> {
  return thrown(new Error('late'));
}

function thrown(reason: unknown): never {
  throw reason;
}
