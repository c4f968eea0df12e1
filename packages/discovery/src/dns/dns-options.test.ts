import { describe, expect, it } from 'vitest';
import { DiscoveryError } from '../errors.ts';
import { resolveDnsOptions } from './dns-options.ts';
import { dns } from './dns.ts';

describe('options of dns', () => {
  it('have defaults, and the result does not follow later changes', () => {
    const servers = ['127.0.0.1:8600'];
    const options = resolveDnsOptions(' memcached.svc\n', { servers });
    servers.push('127.0.0.2');
    expect(options).toEqual({
      name: 'memcached.svc',
      record: 'A',
      port: 11_211,
      pollIntervalMs: 30_000,
      timeoutMs: 2_000,
      servers: ['127.0.0.1:8600'],
    });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it.each([
    ['name', '', undefined, 'expected a DNS name, got ""'],
    ['name with a scheme', 'dns://a', undefined, 'without scheme and port'],
    ['name with a port', 'a:1', undefined, 'without scheme and port'],
    ['name that is no text', 5, undefined, 'got 5'],
    ['name that is an address', '10.0.0.1', undefined, 'It is an address'],
    ['record', 'a', { record: 'TXT' }, "dns record: expected 'A', 'AAAA' or 'SRV', got \"TXT\""],
    ['port', 'a', { port: 0 }, 'dns port: expected a whole number from 1 to 65535, got 0'],
    [
      'pollIntervalMs',
      'a',
      { pollIntervalMs: 0 },
      'dns pollIntervalMs: expected a number of milliseconds from 1 to 2147483647, got 0',
    ],
    [
      'timeoutMs',
      'a',
      { timeoutMs: '1' },
      'dns timeoutMs: expected a number of milliseconds from 1 to 2147483647, got "1"',
    ],
    ['timeoutMs without end', 'a', { timeoutMs: Infinity }, 'got Infinity'],
    ['servers', 'a', { servers: [] }, 'dns servers: expected an array of IP addresses'],
    ['server that is no address', 'a', { servers: ['dns.example'] }, 'For example ["127.0.0.1:8600"]'],
    ['misspelt option', 'a', { pollInterval: 5 }, 'there is no option "pollInterval". Known ones: record, port'],
    ['options that are none', 'a', 'SRV', 'dns: expected an object, got a string'],
  ])('are refused where they are given: %s', (_, name, options, message) => {
    const attempt = (): unknown => dns(name as never, options as never);
    expect(attempt).toThrow(DiscoveryError);
    expect(attempt).toThrow(message);
  });
});
