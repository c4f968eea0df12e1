import type { Topology } from '@sess/discovery';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SessClientError } from './errors.ts';
import type { ClientOptions } from './options.ts';
import { optionsOfUrl } from './url.ts';

async function topologyOf(options: ClientOptions): Promise<Topology> {
  return new Promise((resolve, reject) => {
    options.discovery?.watch({ topology: resolve, error: reject }).ready().catch(reject);
  });
}

async function idsOf(url: string): Promise<string[]> {
  return (await topologyOf(optionsOfUrl(url))).nodes.map(({ id }) => id);
}

function refusalOf(url: string): SessClientError {
  try {
    optionsOfUrl(url);
  } catch (error) {
    if (SessClientError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a URL of servers', () => {
  it.each([
    ['memcached://10.0.0.1:11212', ['10.0.0.1:11212']],
    ['memcached://a:1,b:2,c', ['a:1', 'b:2', 'c:11211']],
    ['memcached://cache.example.com/', ['cache.example.com:11211']],
    ['MEMCACHED://[::1]:11212,[fe80::1]', ['[::1]:11212', '[fe80::1]:11211']],
    ['memcacheds://cache.example.com', ['cache.example.com:11211']],
  ])('names the nodes: %s', async (url, ids) => {
    await expect(idsOf(url)).resolves.toEqual(ids);
  });

  it('says whether there is TLS', () => {
    expect(optionsOfUrl('memcached://a').tls).toBe(false);
    expect(optionsOfUrl('memcacheds://a').tls).toBe(true);
    expect(optionsOfUrl('elasticache://a').tls).toBe(false);
    expect(optionsOfUrl('elasticaches://a?pollIntervalMs=30000').tls).toBe(true);
  });

  it.each([
    ['memcached://user:secret@a', 'user', 'secret'],
    ['memcached://us%40er:se%2Fcr%3Fet@a', 'us@er', 'se/cr?et'],
    ['memcached://user:a:b@c@a', 'user', 'a:b@c'],
  ])('holds credentials: %s', (url, username, password) => {
    expect(optionsOfUrl(url).credentials).toEqual({ username, password });
  });

  it('holds simple options', () => {
    const options = optionsOfUrl('memcached://a?timeoutMs=100&connectTimeoutMs=200&maxInFlight=7');
    expect(options).toMatchObject({ timeoutMs: 100, connectTimeoutMs: 200, maxInFlight: 7 });
    expect(optionsOfUrl('memcached://a')).not.toHaveProperty('timeoutMs');
  });

  it.each(['ketama', 'modulo', 'rendezvous'])('names the distribution: %s', (name) => {
    const nodes = [{ id: 'a:1' }, { id: 'b:1' }];
    expect(optionsOfUrl(`memcached://a?distribution=${name}`).distribution?.(nodes).nodes).toEqual(nodes);
  });

  it('names a Unix socket', async () => {
    const topology = await topologyOf(optionsOfUrl('memcached:///run/my%20cache.sock'));
    expect(topology.nodes).toMatchObject([{ id: '/run/my cache.sock', path: '/run/my cache.sock' }]);
  });
});

describe('a URL that is none', () => {
  it.each([
    ['10.0.0.1:11211', 'does not begin with memcached://'],
    ['', 'does not begin with memcached://'],
    ['memcache://a', 'did you mean "memcached"?'],
    ['redis://a', 'does not begin with memcached://, memcacheds://, elasticache://, elasticaches://'],
    ['memcached://', 'host 1 is empty'],
    ['memcached://a,,b', 'host 2 is empty'],
    ['memcached://a:0', 'a port from 1 to 65535 "a:0"'],
    ['memcached://a:65536', 'a port from 1 to 65535'],
    ['memcached://::1', 'An IPv6 address stands in brackets'],
    ['memcached://a/b', 'there is a path "/b"'],
    ['memcached://a#b', 'can not be read'],
    ['memcached://a?timeout=5', 'there is no parameter "timeout" (did you mean "timeoutMs"?)'],
    ['memcached://a?timeoutMs=5s', 'timeoutMs must be a whole number, got "5s"'],
    ['memcached://a?timeoutMs=', 'timeoutMs must be a whole number'],
    ['memcached://a?timeoutMs=1&timeoutMs=2', 'is there twice'],
    ['memcached://a?distribution=toString', 'must be ketama, modulo, rendezvous'],
    ['memcached://a?pollIntervalMs=5', 'needs the scheme elasticache://'],
    ['elasticache://a?pollIntervalMs=x', 'pollIntervalMs must be a whole number'],
    ['elasticache://a,b', 'one configuration endpoint'],
    ['elasticache:///a.sock', 'needs the scheme memcached://'],
    ['memcacheds:///a.sock', 'needs the scheme memcached://'],
    ['memcached://user@a', 'USER:PASSWORD'],
    ['memcached://:secret@a', 'USER:PASSWORD'],
    ['memcached://user:@a', 'USER:PASSWORD'],
    ['memcached://user:se%cret@a', 'the password has a %'],
  ])('is refused with the right form: %s', (url, text) => {
    const refusal = refusalOf(url);
    expect(refusal.code).toBe('SESS_BAD_OPTION');
    expect(refusal.message).toContain(text);
    expect(refusal.message).toContain('Write memcached://HOST:PORT,HOST:PORT');
  });

  it('never shows a password, wherever a character of it breaks the URL', () => {
    const url = fc
      .tuple(
        fc.constantFrom('memcached://', 'memcacheds://', 'elasticache://', 'memcache://', 'memcached:/', ''),
        fc.constantFrom('hunter', 'hun%ter'),
        fc.constantFrom('', '/', '?', '#', '@', ':', ',', '&', '=', '%', ' '),
        fc.constantFrom('@a:11211', '@a:0', '@', '@a?timeoutMs=x', '@a/b', '@a,b:'),
      )
      .map(([scheme, first, broken, rest]) => `${scheme}user:${first}${broken}correcthorse${rest}`);
    fc.assert(
      fc.property(url, (text) => {
        let message = '';
        try {
          optionsOfUrl(text);
        } catch (error) {
          message = (error as Error).message;
        }
        expect(message).not.toMatch(/hunter|hun%ter|correcthorse/);
      }),
    );
  });
});
