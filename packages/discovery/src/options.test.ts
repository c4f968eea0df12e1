import { describe, expect, it } from 'vitest';
import { dns } from './dns/dns.ts';
import { elasticache } from './elasticache/elasticache.ts';
import { staticNodes } from './static-nodes.ts';

const thrown = new Error('a text that may show the S3CRET');

function fail(): never {
  throw thrown;
}

/** An object with the option `name`, which throws when it is read. */
function throwing(name: string, others: object = {}): object {
  return Object.defineProperty({ ...others }, name, { enumerable: true, get: fail });
}

describe('an option that throws when it is read', () => {
  it.each<[string, () => unknown]>([
    ['a node of a list', () => staticNodes([throwing('port', { host: 'a' })] as never)],
    ['a list', () => staticNodes(new Proxy(['a:1'], { get: fail }))],
    ['an option of DNS', () => dns('a.example', throwing('port'))],
    ['the servers of DNS', () => dns('a.example', { servers: new Proxy(['127.0.0.1'], { get: fail }) })],
    ['an option of ElastiCache', () => elasticache('a:1', throwing('timeoutMs'))],
    ['tls', () => elasticache('a:1', { tls: throwing('ca') })],
    ['credentials', () => elasticache('a:1', { credentials: throwing('password', { username: 'u' }) as never })],
    ['zones', () => elasticache('a:1', { zones: throwing('from') as never })],
    ['a proxy', () => elasticache('a:1', new Proxy({}, { ownKeys: fail }))],
  ])('is refused in words that do not show its error: %s', (_, attempt) => {
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'SESS_BAD_OPTION',
        message: expect.stringMatching(/^(?!.*S3CRET).*threw an error \(see the cause\)\.$/),
        cause: thrown,
      }),
    );
  });
});

describe('an error of an option', () => {
  it.each<[string, () => unknown]>([
    ['a private key', () => elasticache('a:1', { tls: '-----BEGIN PRIVATE KEY-----\nS3CRET' as never })],
    ['a word that is too long for a mode', () => elasticache('a:1', { tls: 'S3CRETS3CRETS3CRET' as never })],
    ['a parameter of a URL', () => staticNodes(['historySecret=S3CRET:11211'])],
    ['a password in the place of a host', () => elasticache('S3CRET!:11211')],
    ['a password in the place of a name', () => dns('S3CRET!')],
    ['a URL among the names', () => dns('a.example', { 'memcached://user:S3CRET@a': 1 } as never)],
    ['a list with a hole', () => staticNodes(Array.from({ length: 2, 1: 'S3CRET!:1' }) as never)],
  ])('shows no text that may be a secret: %s', (_, attempt) => {
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(/^(?!.*S3CRET)/s) }),
    );
  });

  it('names the hole of a list', () => {
    const holes: string[] = [];
    holes[1] = 'a:1';
    expect(() => staticNodes(holes)).toThrow('staticNodes[0]: expected a string "host:port", got undefined.');
  });
});
