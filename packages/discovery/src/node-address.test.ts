import { describe, expect, it } from 'vitest';
import { DiscoveryError } from './errors.ts';
import { canonicalHost, isHost, nodeId, parseHostAndPort } from './node-address.ts';

describe('host:port', () => {
  it.each([
    ['10.0.0.1:11211', '10.0.0.1', 11_211],
    ['my.cfg.use1.cache.amazonaws.com:11211', 'my.cfg.use1.cache.amazonaws.com', 11_211],
    ['0001.abc.cache.amazonaws.com:1', '0001.abc.cache.amazonaws.com', 1],
    ['[::1]:65535', '::1', 65_535],
    ['my_service:11211', 'my_service', 11_211],
    [' localhost:11211\n', 'localhost', 11_211],
  ])('reads %j', (text, host, port) => {
    expect(parseHostAndPort(text, 'endpoint')).toEqual({ host, port });
  });

  it.each([
    ['cache.example', 'Add the port: "cache.example:11211"'],
    ['[::1]', 'Add the port: "[::1]:11211"'],
    ['::1', '"[::1]:11211"'],
    ['2001:db8::1:11211', 'brackets'],
    ['fe80::1%eth0:x', 'brackets'],
    ['memcached://10.0.0.1:11211', 'Leave out "memcached://"'],
    ['cache.example:0', 'from 1 to 65535'],
    ['cache.example:65536', 'from 1 to 65535'],
    ['cache.example:port', 'from 1 to 65535'],
    ['cache.example:1e3', 'from 1 to 65535'],
    ['cache.example:', 'from 1 to 65535'],
    ['[cache.example]:11211', 'Brackets are for an IPv6 address'],
    ['[::1]11211', 'from 1 to 65535'],
    [':11211', 'ASCII letters'],
    ['', 'ASCII letters'],
    ['secret@cache', 'got "…@cache". The host is'],
    ['300.0.0.1:11211', 'ASCII letters'],
    ['user@cache:11211', 'ASCII letters'],
    ['cache/0:11211', 'ASCII letters'],
    ['bücher.example:11211', 'ASCII letters'],
    [`${'a'.repeat(64)}:11211`, 'ASCII letters'],
    [11_211, 'Give one string'],
    [undefined, 'Give one string'],
    [{ host: 'a' }, 'Give one string'],
  ])('refuses %j and says what to do', (given, advice) => {
    const attempt = (): unknown => parseHostAndPort(given, 'the endpoint');
    expect(attempt).toThrow(DiscoveryError);
    expect(attempt).toThrow(expect.objectContaining({ code: 'SESS_BAD_OPTION' }));
    expect(attempt).toThrow(/^the endpoint: expected a string "host:port", got .+\. /u);
    expect(attempt).toThrow(advice);
  });

  it.each([
    'user:S3CRET:10.0.0.1:11211',
    'user:S3CRET:',
    'user:deadbeef5ec7e7:11211',
    'user:1234567890',
    '[user:S3CRET]:11211',
    'memcached://user:S3CRET:10.0.0.1:11211',
    'memcached://user:S3CRET',
  ])('shows no password, although there is no @: %s', (given) => {
    expect(() => parseHostAndPort(given, 'endpoint')).toThrow(/^(?!.*(?:S3CRET|5ec7e7|1234567890)).*:…"/su);
  });

  it.each(['cache:65536', '[::1]:0', '[::1]:99999', 'fe80::1', 'cache'])('shows an address: %s', (given) => {
    expect(() => parseHostAndPort(given, 'endpoint')).toThrow(`got ${JSON.stringify(given)}.`);
  });

  it('does not repeat a long input at length', () => {
    expect(() => parseHostAndPort(`${'x'.repeat(100_000)}:1`, 'endpoint')).toThrow(/^endpoint: .{100,400}$/su);
  });
});

describe('a node', () => {
  it('is called host:port, an IPv6 host in brackets', () => {
    expect([nodeId('a', 1), nodeId('10.0.0.1', 2), nodeId('2001:db8::1', 3)]).toEqual([
      'a:1',
      '10.0.0.1:2',
      '[2001:db8::1]:3',
    ]);
  });

  it('has one canonical host, however it is spelt', () => {
    expect(canonicalHost('2001:DB8:0:0::1')).toBe(canonicalHost('2001:db8::1'));
    expect(canonicalHost('Cache.Example.')).toBe('cache.example');
    expect(canonicalHost('fe80::1%eth0')).toBe('fe80::1%eth0');
  });

  it('has a host of bounded length', () => {
    expect(isHost(`${'a.'.repeat(126)}a`)).toBe(true);
    expect(isHost(`${'a.'.repeat(127)}a`)).toBe(false);
  });
});
