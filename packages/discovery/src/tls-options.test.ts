import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { SELF_SIGNED } from '@sess/loopback';
import { describe, expect, it } from 'vitest';
import { faultOfTls } from './tls-options.ts';

const GARBLED = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const GARBLED_KEY = GARBLED.replaceAll('CERTIFICATE', 'PRIVATE KEY');
const { cert: CERTIFICATE, key: KEY } = SELF_SIGNED;
const OTHER_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

describe('the options of node:tls', () => {
  it.each([
    {},
    { servername: 'memcached.test' },
    { ca: undefined },
    { rejectUnauthorized: false },
    { minVersion: 'TLSv1.3' },
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
    { secureProtocol: 'TLSv1_1_method' },
    { timeout: 0, highWaterMark: 65_536, localAddress: '::1', family: 6 },
    { session: Buffer.alloc(1), ALPNProtocols: ['memcached'], minDHSize: 2048, localPort: 0 },
    { ALPNProtocols: Buffer.from('memcached') },
  ])('are taken: %j', (tls) => {
    expect(faultOfTls(tls as ConnectionOptions)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['a certificate and its key', { cert: CERTIFICATE, key: KEY, ca: [CERTIFICATE] }],
    ['a context', { secureContext: createSecureContext() }],
    ['a signal that has not fired', { signal: new AbortController().signal }],
  ])('are taken: %s', (_, tls) => {
    expect(faultOfTls(tls)).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['a garbled key', { cert: CERTIFICATE, key: GARBLED_KEY }, /^node:tls refuses "key" \(.+\)$/],
    [
      'the key of another certificate',
      { cert: CERTIFICATE, key: OTHER_KEY },
      /^node:tls refuses these options together \(.+\)\. Check that "key" belongs to "cert"$/,
    ],
    [
      'ciphers beside a good certificate',
      { cert: CERTIFICATE, key: KEY, ciphers: 'NONE-SUCH' },
      /^node:tls refuses "ciphers" \(.+\)$/,
    ],
  ])('are refused by the name of the one at fault: %s', (_, tls, words) => {
    expect(faultOfTls(tls)).toMatch(words);
  });

  it.each<[object, RegExp]>([
    [{ ca: '/etc/ssl/ca.pem' }, /"ca" must be certificates in PEM, the contents of the file and not its path/],
    [{ ca: '' }, /"ca"/],
    [{ ca: [] }, /"ca"/],
    [{ ca: [GARBLED, 'ca.pem'] }, /"ca"/],
    [{ ca: Buffer.from([0x30, 0x82]) }, /"ca"/],
    [{ ca: 5 }, /"ca"/],
    [{ cert: 'client.crt' }, /"cert"/],
    [{ key: 'client.key' }, /"key"/],
    [{ key: [{ pem: 'client.key' }] }, /"key"/],
    [{ cert: GARBLED }, /^node:tls refuses "cert" \(.+\)$/],
    [{ minVersion: 'TLSv9' }, /"minVersion" \("TLSv9" is not a valid minimum TLS protocol version\)/],
    [{ maxVersion: 'TLSv9' }, /"maxVersion" \(/],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, /"minVersion" \(TLSv1\.3\) is above "maxVersion" \(TLSv1\.2\)/],
    [{ maxVersion: 'TLSv1.1' }, /is above "maxVersion" \(TLSv1\.1\)/],
    [{ sigalgs: 'NONE-SUCH' }, /^node:tls refuses "sigalgs" \((?!.*reason\(0\)).+\)$/],
    [{ ecdhCurve: 'NONE-SUCH' }, /"ecdhCurve"/],
    [{ pfx: 'client.pfx', passphrase: 'secret' }, /"pfx"/],
    [{ crl: 'list.crl' }, /"crl"/],
    [{ secureProtocol: 'NONE-SUCH' }, /"secureProtocol"/],
    [{ session: 'x' }, /"session" must be a Buffer/],
    [{ ALPNProtocols: 5 }, /"ALPNProtocols" must be an array of names/],
    [{ secureContext: {} }, /"secureContext" must be what createSecureContext returned/],
    [{ minDHSize: 'x' }, /"minDHSize" must be a whole number of bits/],
    [{ signal: 'x' }, /"signal" must be an AbortSignal that has not fired/],
    [{ signal: AbortSignal.abort() }, /"signal" must be an AbortSignal that has not fired/],
    [{ timeout: 'x' }, /"timeout" must be a whole number of milliseconds/],
    [{ highWaterMark: -1 }, /"highWaterMark" must be a whole number of bytes/],
    [{ localAddress: 'x' }, /"localAddress" must be an IP address/],
    [{ localPort: -5 }, /"localPort" must be a port/],
    [{ family: 5 }, /"family" must be 0, 4 or 6/],
    [{ rejectUnauthorized: 'no' }, /"rejectUnauthorized" must be true or false/],
    [{ pskCallback: 5 }, /"pskCallback" must be a function/],
    [{ servername: 5 }, /"servername" must be the name in the certificate/],
    [{ checkServerIdentity: true }, /"checkServerIdentity" must be a function/],
    [{ onread: { buffer: Buffer.alloc(1), callback: () => true } }, /"onread" is no option here/],
    ...['host', 'port', 'path', 'socket', 'lookup'].map((name): [object, RegExp] => [
      { [name]: 'elsewhere' },
      new RegExp(`"${name}" is no option here: the list of nodes says where to connect to`),
    ]),
  ])('are refused in words: %j', (tls, words) => {
    expect(faultOfTls(tls)).toMatch(words);
  });

  it('show no key', () => {
    expect(faultOfTls({ key: 'a secret without its mark' })).not.toContain('a secret');
    expect(faultOfTls({ ticketKeys: 'a secret' } as never)).toMatch(
      /^node:tls refuses "ticketKeys" \((?!.*secret).+\)$/,
    );
  });
});
