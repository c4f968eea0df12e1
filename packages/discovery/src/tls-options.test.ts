import { describe, expect, it } from 'vitest';
import { faultOfTls } from './tls-options.ts';

const GARBLED = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('the options of node:tls', () => {
  it.each([
    {},
    { servername: 'memcached.test' },
    { ca: undefined },
    { rejectUnauthorized: false },
    { minVersion: 'TLSv1.3' },
  ] as const)('are taken: %j', (tls) => {
    expect(faultOfTls(tls)).toBeUndefined();
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
    [{ cert: GARBLED }, /node:tls refuses these options \(.+\). Check "ca", "cert" and "key"/],
    [{ minVersion: 'TLSv9' }, /"TLSv9" is not a valid minimum TLS protocol version/],
    [{ ciphers: 'NONE-SUCH' }, /node:tls refuses/],
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
  });
});
