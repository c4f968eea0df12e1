import { modulo, rendezvous } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { FakeClock } from '../test/fake-clock.ts';
import { FakeDiscovery } from '../test/fake-discovery.ts';
import { FakeNetwork } from '../test/fake-transport.ts';
import { createClient } from './client.ts';
import { SessClientError } from './errors.ts';
import { resolveOptions } from './resolve-options.ts';

const discovery = new FakeDiscovery();
const transport = new FakeNetwork(new FakeClock());

function refusalOf(options: unknown): SessClientError {
  try {
    resolveOptions(options);
  } catch (error) {
    if (SessClientError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function secretsOf(historySecret: string | string[]): readonly string[] {
  return resolveOptions({ discovery, transport, historySecret }).handover.historySecrets;
}

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    const resolved = resolveOptions({ discovery, transport });
    expect(resolved.transportOptions).toEqual({
      timeoutMs: 500,
      connectTimeoutMs: 1_000,
      tls: false,
      credentials: undefined,
      maxInFlight: 10_000,
      maxQueuedBytes: 67_108_864,
      maxValueBytes: 1_048_000,
    });
    expect(resolved).toMatchObject({
      readyTimeoutMs: 3_000,
      maxValueBytes: 1_047_984,
      failuresToEject: 3,
      probeIntervalMs: 1_000,
      maxProbePauseMs: 5_000,
      random: Math.random,
    });
  });

  it('takes undefined for left out', () => {
    expect(
      resolveOptions({ discovery, transport, timeoutMs: undefined, handover: undefined, nonsense: undefined })
        .transportOptions.timeoutMs,
    ).toBe(500);
  });

  it('copies and freezes: what the caller changes later changes nothing', () => {
    const given = {
      discovery,
      transport,
      timeoutMs: 100,
      tls: { servername: 'a' },
      credentials: { username: 'user', password: 'secret' },
    };
    const resolved = resolveOptions(given);
    given.timeoutMs = 7;
    given.tls.servername = 'b';
    given.credentials.password = 'changed';
    expect(resolved.transportOptions).toMatchObject({
      timeoutMs: 100,
      tls: { servername: 'a' },
      credentials: { password: 'secret' },
    });
    for (const frozen of [
      resolved,
      resolved.transportOptions,
      resolved.transportOptions.tls,
      resolved.transportOptions.credentials,
    ]) {
      expect(Object.isFrozen(frozen)).toBe(true);
    }
  });

  it('turns tls: true into options', () => {
    expect(resolveOptions({ discovery, transport, tls: true }).transportOptions.tls).toEqual({});
  });

  it('takes a list of servers', () => {
    expect(resolveOptions({ servers: ['10.0.0.1:11211'], transport }).discovery).toBeDefined();
  });

  it('takes one Unix socket in a list', () => {
    expect(resolveOptions({ servers: ['/run/memcached.sock'], transport }).discovery).toBeDefined();
  });

  it('takes one history secret or several, each once', () => {
    const [one, other] = ['o'.repeat(32), 'p'.repeat(32)];
    expect(secretsOf(one)).toEqual([one]);
    expect(secretsOf([other, one, other])).toEqual([other, one]);
    expect(resolveOptions(`memcached://a?historySecret=${one}&historySecret=${other}`).handover.historySecrets).toEqual(
      [one, other],
    );
  });

  it('merges a handover beside a URL with what the URL says of it', () => {
    const servers = 'memcached://a?windowSeconds=60&clockSkewMs=100&finish=false';
    expect(resolveOptions({ servers, transport, handover: { clockSkewMs: 7 } }).handover).toMatchObject({
      windowSeconds: 60,
      clockSkewMs: 7,
      finish: false,
      keysPerSecond: 1_000,
    });
  });

  it('finishes handovers unless it is told not to', () => {
    expect(resolveOptions('memcached://a').handover.finish).toBe(true);
  });

  it('lets what stands beside a URL go before what the URL says', () => {
    const servers = 'memcached://10.0.0.1:11211?timeoutMs=100&connectTimeoutMs=200';
    const { transportOptions } = resolveOptions({ servers, transport, timeoutMs: 300, connectTimeoutMs: undefined });
    expect(transportOptions).toMatchObject({ timeoutMs: 300, connectTimeoutMs: 200 });
  });

  it.each([modulo, rendezvous])('takes distributions as they are', (distribution) => {
    expect(resolveOptions({ discovery, transport, distribution }).distribution).toBe(distribution);
  });
});

describe('what resolveOptions refuses', () => {
  it.each([
    [{ discovery, timeoutMS: 5 }, 'There is no option "timeoutMS". Did you mean "timeoutMs"?'],
    [{ discovery, poolSize: 5 }, 'The options are servers, discovery,'],
    [{ discovery, copies: 4 }, 'copies must be a whole number, 1 to 3; got 4'],
    [{ discovery, handover: { windowSeconds: 0.5 } }, 'windowSeconds must be a whole number'],
    [{ discovery, hedgedReads: 1 }, 'hedgedReads must be true or false; got 1'],
    [{ discovery, zoneOf: 'a' }, 'zoneOf must be a function from a node to the name of its zone'],
    [{ discovery, namespace: '' }, 'namespace must be 1 to 32 letters'],
    [{ discovery, namespace: 'a/b' }, 'namespace must be 1 to 32 letters'],
    [{ discovery, zone: 'a b' }, 'zone must be the name of the zone'],
    [{ discovery, zone: 'a', reads: 'nearest' }, 'reads must be "owner" (the default) or "near"'],
    [{ discovery, reads: 'near' }, 'reads: "near" needs zone'],
    [{ discovery, handover: { finish: 'yes' } }, 'handover.finish must be true or false; got a value of type string'],
    [{ discovery, handover: { keysPerSecond: 0 } }, 'keysPerSecond must be a whole number, 1 to 1000000; got 0'],
    [{}, 'got neither'],
    [{ discovery, servers: 'memcached://a' }, 'got both'],
    [{ discovery: { refresh: 1 } }, 'an object with the method watch'],
    [
      { discovery, handover: { windowSecond: 5 } },
      'There is no option "handover.windowSecond". Did you mean "handover.windowSeconds"?',
    ],
    [{ discovery, handover: { finsh: true } }, 'There is no option "handover.finsh". Did you mean "handover.finish"?'],
    [{ discovery, handover: { retries: 5 } }, 'The options are windowSeconds, clockSkewMs,'],
    [{ discovery, handover: null }, 'handover must be an object such as { windowSeconds, clockSkewMs }; got null'],
    [{ servers: 'memcached://10.0.0.1', handover: null }, 'handover must be an object'],
    [{ discovery, tls: null }, 'tls must be true, false or an object of node:tls options; got null'],
    [{ discovery, tls: { serverName: 'a' } }, 'There is no option "tls.serverName". Did you mean "tls.servername"?'],
    [{ discovery, tls: { rejectUnauthorised: false } }, 'Did you mean "tls.rejectUnauthorized"?'],
    [
      { discovery, tls: { ca: '/etc/ca.pem' } },
      'tls: "ca" must be certificates in PEM, the contents of the file and not its path',
    ],
    [{ discovery, tls: { path: '/run/memcached.sock' } }, 'tls: "path" is no option here'],
    [
      { discovery, credentials: { username: 'u', pasword: 'p' } },
      'There is no option "credentials.pasword". Did you mean "credentials.password"?',
    ],
    [
      new (class Options {
        readonly discovery = discovery;
      })(),
      'or an object of options; got an instance of a class',
    ],
    [{ discovery, handover: 5 }, 'handover must be an object'],
    ...[new Date(), new Map(), new URL('http://a'), [], () => ({})].flatMap((value) =>
      ['tls', 'handover', 'credentials'].map((name): [object, string] => [
        { discovery, [name]: value },
        `${name} must be`,
      ]),
    ),
    [
      { discovery, tls: new Map() },
      'tls must be true, false or an object of node:tls options; got an instance of a class',
    ],
    [{ servers: 'memcached://10.0.0.1', handover: new Date() }, 'handover must be an object'],
    [{ discovery, clock: { now: () => NaN, elapsed: () => 0, after: () => {} } }, 'clock.now() must return a number'],
    [
      { discovery, clock: { now: () => 0, elapsed: () => '0', after: () => {} } },
      'clock.elapsed() must return a number',
    ],
    [
      { discovery, clock: { now: () => 0, elapsed: () => 0, after: () => {} } },
      'clock.after() must return a function that cancels the timer; it returned undefined',
    ],
    [
      { discovery, clock: { now: () => 0, elapsed: () => 0, after: () => () => {}, afterWorking: () => 5 } },
      'clock.afterWorking() must return a function that cancels the timer; it returned 5',
    ],
    [{ discovery, clock: { now: throws, elapsed: () => 0, after: () => {} } }, 'clock.now() threw an error'],
    [{ discovery, clock: { now: () => 0, elapsed: () => 0, after: throws } }, 'clock.after() threw an error'],
    [{ discovery, historySecret: '' }, 'historySecret must be a string that is not empty'],
    [{ discovery, historySecret: 'too short' }, 'historySecret has 9 bytes; it needs at least 32'],
    [{ discovery, historySecret: ['x'.repeat(32), 'too short'] }, 'historySecret[1] has 9 bytes'],
    [{ discovery, historySecret: [] }, 'got an empty list'],
    // oxlint-disable-next-line no-sparse-arrays -- as an application may write it
    [{ discovery, historySecret: ['x'.repeat(32), , 'y'.repeat(32)] }, 'historySecret[1] must be a string'],
    [{ discovery, historySecret: 5 }, 'historySecret must be a string that is not empty; got number'],
    [{ servers: ['/a.sock', '/b.sock'] }, 'a Unix socket among other servers'],
    [{ servers: ['/a.sock', '10.0.0.1:11211'] }, 'a Unix socket among other servers'],
    [{ servers: 7 }, 'servers must be a URL or a list'],
    [{ servers: ['no port, no host:'] }, 'servers is not a list of nodes'],
    [{ discovery, timeoutMs: 0.5 }, 'got 0.5. It looks like seconds. The default is 500.'],
    [{ discovery, timeoutMs: Infinity }, 'timeoutMs must be whole milliseconds, 1 to 600000; got Infinity'],
    [{ discovery, connectTimeoutMs: '1000' }, 'got a value of type string'],
    [{ discovery, readyTimeoutMs: 0 }, 'readyTimeoutMs must be whole milliseconds'],
    [{ discovery, probeIntervalMs: -1 }, 'probeIntervalMs must be'],
    [{ discovery, maxProbePauseMs: null }, 'maxProbePauseMs must be whole milliseconds, 1 to 600000; got null'],
    [{ discovery, maxInFlight: 0 }, 'maxInFlight must be a whole number'],
    [{ discovery, maxQueuedBytes: 1.5 }, 'maxQueuedBytes must be a whole number'],
    [{ discovery, maxValueBytes: NaN }, 'maxValueBytes must be a whole number'],
    [{ discovery, failuresToEject: [] }, 'got an array'],
    [{ discovery, tls: 'yes' }, 'tls must be true, false or an object'],
    [{ discovery, credentials: 'user:secret' }, 'an object with username and password'],
    [{ discovery, credentials: { username: 'user', password: 'secret\n' } }, 'a line break at its end'],
    [
      { discovery, credentials: { username: 'us\0er', password: 'secret' } },
      'credentials.username must have no control',
    ],
    [
      { discovery, credentials: { username: 'user' } },
      'credentials.password must be a string that is not empty; got undefined',
    ],
    [
      { discovery, credentials: { username: '', password: 'secret' } },
      'credentials.username must be a string that is not empty; got an empty one',
    ],
    [{ discovery, transport: () => transport }, 'Did you forget to call it?'],
    [{ discovery, transport, clock: {} }, 'clock must be a Clock, an object with the method now'],
    [{ discovery, transport, random: 4 }, 'random must be a function like Math.random'],
    [{ discovery, distribution: 'ketama' }, 'distribution must be a function from nodes to a distribution'],
    [{ discovery, distribution: () => ({}) }, 'distribution failed on a list of two nodes'],
    [
      { discovery, distribution: () => ({ owner: () => ({ id: '192.0.2.1:11211' }) }) },
      'the very nodes that it was given',
    ],
    [undefined, 'takes a URL such as "memcached://10.0.0.1:11211", or an object of options; got undefined'],
    [null, 'got null'],
    [['memcached://a'], 'or an object of options'],
  ])('%j', (options, text) => {
    const refusal = refusalOf(options);
    expect(refusal).toMatchObject({ code: 'SESS_BAD_OPTION', retryable: false });
    expect(refusal.message).toContain(text);
    expect(refusal.message).not.toContain('secret');
  });
});

it('refuses options that throw when they are read, and does not repeat what they say', () => {
  const unreadable = Object.defineProperty({}, 'ca', { enumerable: true, get: throws });
  const refusal = expect.objectContaining({
    code: 'SESS_BAD_OPTION',
    message: 'The options can not be read: one of them threw an error (see the cause).',
  }) as Error;
  for (const options of [{ discovery, tls: unreadable }, new Proxy({}, { ownKeys: throws })])
    expect(() => resolveOptions(options)).toThrow(refusal);
});

describe('the option random', () => {
  it.each([[undefined], [NaN], ['0.5'], [1], [-0.1], [null]])('is refused by name when it returns %s', (returned) => {
    const { random } = resolveOptions({ discovery, transport, random: () => returned });
    expect(random).toThrow(
      expect.objectContaining({
        code: 'SESS_BAD_OPTION',
        message: expect.stringContaining('random must return a number'),
      }),
    );
  });

  it('ends no running process when it fails later', () => {
    const answers = [() => 0.25, () => undefined, throws];
    const { random } = resolveOptions({ discovery, transport, random: () => answers.shift()?.() });
    expect(random()).toBe(0.25);
    expect(random()).toBeGreaterThanOrEqual(0);
    expect(random()).toBeGreaterThanOrEqual(0);
    expect(answers).toEqual([]);
  });

  it('is refused by name when it throws', () => {
    const { random } = resolveOptions({ discovery, transport, random: throws });
    expect(random).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringContaining('random threw') }),
    );
  });

  it('is refused by createClient', () => {
    expect(() => createClient({ servers: ['127.0.0.1:1'], random: () => undefined as never })).toThrow(
      /random must return/,
    );
  });
});

function throws(): never {
  throw new Error('a secret');
}
