import { describe, expect, it } from 'vitest';
import { DiscoveryError } from '../errors.ts';
import { resolveElasticacheOptions } from './elasticache-options.ts';
import { elasticache } from './elasticache.ts';

describe('options of elasticache', () => {
  it('have defaults', () => {
    expect(resolveElasticacheOptions('my.cfg.use1.cache.amazonaws.com:11211', undefined)).toEqual({
      endpoint: { id: 'my.cfg.use1.cache.amazonaws.com:11211', host: 'my.cfg.use1.cache.amazonaws.com', port: 11_211 },
      pollIntervalMs: 60_000,
      timeoutMs: 2_000,
      tls: undefined,
      credentials: undefined,
      zones: undefined,
    });
  });

  it('are copied: later changes of what was given have no effect', () => {
    const credentials = { username: 'a', password: 'b' };
    const tls = { servername: 'a' };
    const options = resolveElasticacheOptions('a:1', { tls, credentials });
    credentials.password = 'c';
    tls.servername = 'c';
    expect(options.credentials?.password).toBe('b');
    expect(options.tls?.servername).toBe('a');
    expect([options, options.endpoint, options.credentials, options.tls].every((value) => Object.isFrozen(value))).toBe(
      true,
    );
  });

  it.each([
    [
      'endpoint without port',
      'a.cfg.use1.cache.amazonaws.com',
      undefined,
      'Add the port: "a.cfg.use1.cache.amazonaws.com:11211"',
    ],
    ['endpoint with a scheme', 'elasticache://a:1', undefined, 'Leave out "elasticache://"'],
    [
      'endpoint that is no text',
      undefined,
      undefined,
      'elasticache endpoint: expected a string "host:port", got undefined',
    ],
    [
      'pollIntervalMs',
      'a:1',
      { pollIntervalMs: Number.NaN },
      'elasticache pollIntervalMs: expected a number of milliseconds from 1 to 2147483647, got NaN',
    ],
    [
      'timeoutMs',
      'a:1',
      { timeoutMs: -1 },
      'elasticache timeoutMs: expected a number of milliseconds from 1 to 2147483647, got -1',
    ],
    ['tls of a class', 'a:1', { tls: new Map() }, 'elasticache tls: expected true, false or options of node:tls'],
    ['options of a class', 'a:1', new Date(), 'elasticache: expected an object, got an instance of a class'],
    ['credentials of a class', 'a:1', { credentials: new Map() }, 'elasticache credentials: expected an object'],
    ['tls', 'a:1', { tls: 'yes' }, 'elasticache tls: expected true, false or options of node:tls, got "yes"'],
    ['path of a certificate', 'a:1', { tls: { ca: '/etc/ca.pem' } }, 'the contents of the file and not its path'],
    [
      'misspelt option',
      'a:1',
      { timeout: 5 },
      'there is no option "timeout". Known ones: pollIntervalMs, timeoutMs, tls, credentials, zones',
    ],
    ['credentials', 'a:1', { credentials: 'user:pass' }, 'elasticache credentials: expected an object'],
    [
      'user name',
      'a:1',
      { credentials: { username: 'a b', password: 'p' } },
      'credentials.username: expected 1 to 255 bytes without space',
    ],
    [
      'password',
      'a:1',
      { credentials: { username: 'a', password: '' } },
      'credentials.password: expected 1 to 255 bytes',
    ],
    [
      'password with a line end',
      'a:1',
      { credentials: { username: 'a', password: 'secret\r\nflush_all' } },
      'without control character',
    ],
  ])('are refused where they are given: %s', (_, endpoint, options, message) => {
    const attempt = (): unknown => elasticache(endpoint as never, options as never);
    expect(attempt).toThrow(DiscoveryError);
    expect(attempt).toThrow(message);
  });

  it('never show up in an error when they are secret', () => {
    const told = /^(?!.*(?:secret|user))/su;
    for (const credentials of [
      'user:secret',
      { username: 'a', password: 'secret\n' },
      { username: 'a', passwort: 'secret' },
    ]) {
      expect(() => elasticache('a:1', { credentials } as never)).toThrow(/^(?!.*secret)/su);
    }
    for (const endpoint of [
      'elasticache://user:secret@a:1',
      'user:sec@ret/secret@a:1',
      `user:secret@${'a'.repeat(200)}`,
    ]) {
      expect(() => elasticache(endpoint)).toThrow(told);
    }
    expect(() => elasticache('elasticache://user:secret@a:1')).toThrow('got "elasticache://…@a:1"');
  });
});
