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
    expect(optionsOfUrl('dns://a').tls).toBe(false);
    expect(optionsOfUrl('dnss://a').tls).toBe(true);
    expect(optionsOfUrl('srvs://a').tls).toBe(true);
    expect(optionsOfUrl('srv://a?tls=true').tls).toBe(true);
  });

  it.each([
    ['memcached://user:secret@a', 'user', 'secret'],
    ['memcached://us%40er:se%2Fcr%3Fet@a', 'us@er', 'se/cr?et'],
    ['memcached://user:a:b@c@a', 'user', 'a:b@c'],
  ])('holds credentials: %s', (url, username, password) => {
    expect(optionsOfUrl(url).credentials).toEqual({ username, password });
  });

  it.each([
    ['memcached://us+er:pass+word+@a', { username: 'us+er', password: 'pass+word+' }],
    ['memcached://us%2Ber:pass%20word@a', { username: 'us+er', password: 'pass word' }],
    ['memcached://user:pass%2Cword@a,b', { username: 'user', password: 'pass,word' }],
  ])('takes a + in credentials for a plus, and decodes only %: %s', (url, credentials) => {
    expect(optionsOfUrl(url).credentials).toEqual(credentials);
  });

  it('reads the same secret from a URL as from an option, with every character of base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 48 }), (bytes) => {
        const secret = Buffer.from(bytes).toString('base64');
        const { historySecret } = optionsOfUrl(`memcached://a?copies=1&historySecret=${secret}&tls=false`);
        expect(historySecret).toEqual([secret]);
        expect(optionsOfUrl(`memcached://a?historySecret=${encodeURIComponent(secret)}`)).toMatchObject({
          historySecret,
        });
      }),
    );
    expect(optionsOfUrl('memcached://a?namespace=a+b&zone=c%20d&&')).toMatchObject({ namespace: 'a+b', zone: 'c d' });
    expect(optionsOfUrl('memcached://a?time%6FutMs=5')).toMatchObject({ timeoutMs: 5 });
  });

  it('holds simple options', () => {
    const options = optionsOfUrl('memcached://a?timeoutMs=100&connectTimeoutMs=200&maxInFlight=7');
    expect(options).toMatchObject({ timeoutMs: 100, connectTimeoutMs: 200, maxInFlight: 7 });
    expect(optionsOfUrl('memcached://a')).not.toHaveProperty('timeoutMs');
  });

  it('holds every option that is a number, a word or a switch', () => {
    const numbers =
      'copies=2&historyIntervalMs=500&windowSeconds=60&clockSkewMs=100&keysPerSecond=50&finish=true&hedgedReads=false&failuresToEject=5';
    expect(
      optionsOfUrl(`memcached://a,b?${numbers}&historySecret=new&historySecret=old&tls=true&dialect=classic`),
    ).toMatchObject({
      copies: 2,
      historyIntervalMs: 500,
      handover: { windowSeconds: 60, clockSkewMs: 100, keysPerSecond: 50, finish: true },
      hedgedReads: false,
      failuresToEject: 5,
      historySecret: ['new', 'old'],
      tls: true,
      transport: { name: 'text' },
      isFixedList: true,
    });
    expect(optionsOfUrl('memcached://a?tls=false')).toMatchObject({ tls: false, isFixedList: false });
    expect(optionsOfUrl('memcached://a')).not.toHaveProperty('historySecret');
  });

  it('names the namespace', () => {
    expect(optionsOfUrl('memcached://a?namespace=shop')).toMatchObject({ namespace: 'shop' });
  });

  it('gives each node its zone, and this process its own', async () => {
    const options = optionsOfUrl(
      'memcached://10.0.0.1,[::1]:11212?copies=2&zones=use1-az1,use1-az2&zone=use1-az1&reads=near',
    );
    expect(options).toMatchObject({ zone: 'use1-az1', reads: 'near' });
    const { nodes } = await topologyOf(options);
    expect(nodes).toMatchObject([
      { id: '10.0.0.1:11211', zone: 'use1-az1' },
      { id: '[::1]:11212', zone: 'use1-az2' },
    ]);
  });

  it.each(['ketama', 'modulo', 'rendezvous'])('names the distribution: %s', (name) => {
    const nodes = [{ id: 'a:1' }, { id: 'b:1' }];
    expect(optionsOfUrl(`memcached://a?distribution=${name}`).distribution?.(nodes).nodes).toEqual(nodes);
  });

  it.each([
    'dns://memcached.default.svc.cluster.local',
    'dns://cache.example:11212?record=AAAA&pollIntervalMs=5000',
    'srv://_memcached._tcp.cache.example',
  ])('names what DNS is asked for: %s', (url) => {
    expect(optionsOfUrl(url)).toMatchObject({
      discovery: { watch: expect.any(Function) as unknown },
      isFixedList: false,
    });
  });

  it('names a Unix socket', async () => {
    const topology = await topologyOf(optionsOfUrl('memcached:///run/my%20cache.sock'));
    expect(topology.nodes).toMatchObject([{ id: '/run/my cache.sock', path: '/run/my cache.sock' }]);
  });
});

describe('a URL that is none', () => {
  it.each([
    ['memcached://a,b?zones=x', 'the parameter zones names 1 zones, and there are 2 nodes'],
    ['memcached://a,b?zones=x,', 'staticNodes[1].zone: expected 1 to 64 letters'],
    ['elasticache://a?zones=x', 'give the option zoneOf'],
    ['memcached:///run/a.sock?zones=x', 'a Unix socket is a single node'],
    ['memcached://a?reads=far', 'the parameter reads must be owner, near; got "far"'],
    ['10.0.0.1:11211', 'does not begin with memcached://'],
    ['', 'does not begin with memcached://'],
    ['"memcached://a"', 'begins with a quotation mark or a space'],
    [' memcached://a', 'begins with a quotation mark or a space'],
    ['memcache://a', 'did you mean "memcached"?'],
    ['redis://a', 'does not begin with memcached://, memcacheds://, elasticache://, elasticaches://'],
    ['memcached://', 'host 1 is empty'],
    ['memcached://a,,b', 'host 2 is empty'],
    ['memcached://a:0', 'a port from 1 to 65535 "a:0"'],
    ['memcached://a:65536', 'a port from 1 to 65535'],
    ['memcached://::1', 'Put an IPv6 address in brackets'],
    ['memcached://a/b', 'there is a path behind the hosts'],
    ['memcached://a#b', 'can not be read'],
    ['memcached://a?timeout=5', 'there is no parameter "timeout" (did you mean "timeoutMs"?)'],
    ['memcached://a?timeoutMs=5s', 'timeoutMs must be a whole number, got "5s"'],
    ['memcached://a?timeoutMs=', 'timeoutMs must be a whole number'],
    ['memcached://a?timeoutMs=1&timeoutMs=2', 'is given twice'],
    ['memcached://a?distribution=toString', 'must be ketama, modulo, rendezvous'],
    ['memcached://a?pollIntervalMs=5', 'needs the scheme elasticache://'],
    ['elasticache://a?pollIntervalMs=x', 'pollIntervalMs must be a whole number'],
    ['elasticache://a,b', 'one configuration endpoint'],
    ['elasticache:///a.sock', 'needs the scheme memcached://'],
    ['memcacheds:///a.sock', 'needs the scheme memcached://'],
    ['memcacheds://a?tls=false', 'uses TLS, and the parameter tls is false: leave it out'],
    ['memcached://a?tls=yes', 'tls must be true, false; got "yes"'],
    ['memcached://a?dialect=binary', 'dialect must be auto, meta, classic; got "binary"'],
    ['memcached://a?copies=', 'copies must be a whole number'],
    ['memcached://a?copie=2', '(did you mean "copies"?)'],
    ['memcached://a?record=A', 'record needs the scheme dns://'],
    ['dns://a,b', 'DNS is asked for one name'],
    ['srv://a?record=A', 'record needs the scheme dns://'],
    ['dns://a?record=SRV', 'record must be A, AAAA'],
    ['dns://', 'host 1 is empty'],
    ['dns:///a.sock', 'needs the scheme memcached://'],
    ['dns://10..0:1', 'can not be used: dns name: expected a DNS name'],
    ['memcached:///a.sock,/b.sock', 'several Unix sockets'],
    ['memcached:///a.sock, /b.sock', 'several Unix sockets'],
    ['memcached:///a.sock,memcached:///b.sock', 'several Unix sockets'],
    ['/a.sock,/b.sock', 'several Unix sockets'],
    ['memcached://a:1,memcached://b:1', 'write the scheme once'],
    ['elasticache://a,elasticache://b', 'write the scheme once'],
    ['dns://10.0.0.1:11211', 'It is an address'],
    ['srv://10.0.0.1', 'It is an address'],
    ['memcached://a:1,/b.sock', 'there is a path behind the hosts'],
    ['memcached:///a.sock?tls=true', 'needs the scheme memcached://'],
    ['memcached:///a.sock?pollIntervalMs=5', 'a Unix socket is a single node'],
    [`memcached:///${'a'.repeat(107)}`, 'at most 107 characters'],
    ['10.0.0.1:11211, 10.0.0.2:11211', 'write memcached://10.0.0.1:11211,10.0.0.2:11211'],
    ['localhost', 'write memcached://localhost'],
    ['/run/memcached.sock', 'write memcached:///run/memcached.sock'],
    ['memcached://user@a', 'USER:PASSWORD'],
    ['memcached://:secret@a', 'USER:PASSWORD'],
    ['memcached://user:@a', 'USER:PASSWORD'],
    ['memcached://user:se%cret@a', 'the password has a %'],
    [
      'memcached://a?historySecret=100%',
      'the parameter historySecret has a % that does not begin an encoded character',
    ],
    ['memcached://a?time%out=1', 'the name of parameter 1 has a %'],
    ['memcached://a?copies=2&something=1', 'parameter 2 has a name that does not exist. The parameters are'],
    ['memcached://u:p@a:1,u:p@b:2,c', 'USER:PASSWORD@ stands once, before the first host'],
    ['memcached://u:p@a,@b', 'USER:PASSWORD@ stands once, before the first host'],
    ['memcached://a:1,u:p@b:2', 'USER:PASSWORD@ stands once, before the first host'],
    ['elasticache://u:pa,ss@a', 'If the comma belongs to the password, write %2C'],
  ])('is refused with the right form: %s', (url, text) => {
    const refusal = refusalOf(url);
    expect(refusal.code).toBe('SESS_BAD_OPTION');
    expect(refusal.message).toContain(text);
    expect(refusal.message).toContain('Write memcached://HOST:PORT,HOST:PORT');
  });

  it('does not lose nodes between credentials that an option overrides', () => {
    const credentials = { username: 'user', password: 'password' };
    expect(() => optionsOfUrl('memcached://u:p@a,u:p@b', { credentials })).toThrow('USER:PASSWORD@ stands once');
    expect(optionsOfUrl('memcached://u:p@a,b', { credentials })).toMatchObject({ credentials, isFixedList: true });
  });

  it('never shows a secret, whatever else is wrong', () => {
    for (const url of [
      'memcached://a?historySecret=correcthorse&timeoutMs=correcthorse',
      'memcached://a?historySecrets=correcthorse',
      'memcached://correcthorse:0?historySecret=correcthorse',
      'correcthorse',
      'user:correcthorse@a',
    ]) {
      expect(refusalOf(url).message, url).not.toContain('correcthorse');
    }
  });

  it.each([
    'memcached://user:S3CRET1234:10.0.0.1:11211',
    'memcached://user:S3CRET1234:',
    'memcached://10.0.0.1,user:S3CRET1:11211',
    'memcached://user:deadbeef5ec7e7:11211',
    'memcached://user:5ec7e7',
    'memcached://user:1234567890',
    'memcached://10.0.0.1,S3CRET 5ec7e7',
    'memcached://a?timeoutMs=S3CRET',
    'memcached://a?copies=5ec7e7',
    'memcached://a?tls=S3CRET',
    'memcached://a?reads=S3CRET+words',
    'memcached://a?S3CRETTOKEN',
    'memcached://a?S3CRETTOKEN=',
    'memcached://a?token=S3CRETTOKEN',
    'memcached://a?auth=user:S3CRETTOKEN',
    'memcached://a/S3CRET',
    'memcached://a#S3CRET',
    'h.example=S3CRET',
  ])('shows no misplaced secret, although there is no @ and no word "secret": %s', (url) => {
    expect(refusalOf(url).message).not.toMatch(/S3CRET|5ec7e7|1234567890/);
  });

  it.each([
    ['memcached://a:99999', '"a:99999"'],
    ['memcached://a_b.example:0', '"a_b.example:0"'],
    ['memcached://10.0.0.1,fe80::1', '"fe80::1"'],
    ['memcached://a?copies=-1', 'got "-1"'],
    ['memcached://a?maxValueBytes=1mb', 'got "1mb"'],
    ['memcached://a?timeoutMs=0.5', 'got "0.5"'],
    ['memcached://a?timeoutms=5', 'no parameter "timeoutms" (did you mean "timeoutMs"?)'],
  ])('shows what is only a slip: %s', (url, text) => {
    expect(refusalOf(url).message).toContain(text);
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
