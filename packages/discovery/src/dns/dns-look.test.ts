import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { RecordingListener } from '../../test/recording-listener.ts';
import { testEnvironment } from '../../test/test-environment.ts';
import type { DnsOptions } from './dns-options.ts';
import { dnsIn } from './dns.ts';
import type { NameResolver, ServiceRecord } from './name-resolver.ts';

const NAME = 'memcached.default.svc.cluster.local';
const dnsError = (code: string): Error => Object.assign(new Error(`query${code}`), { code });
const record = (name: string, port: number, priority = 0, weight = 33): ServiceRecord => ({
  name,
  port,
  priority,
  weight,
});

const unasked = (kind: string) => (): Promise<never> => Promise.reject(new Error(`${kind} was asked for`));

/** A watch of a name, answered as `answers` says at that moment. */
function setUp(options: DnsOptions, answers: Partial<NameResolver>) {
  const asked: string[] = [];
  const clock = new ManualClock();
  let cancelled = 0;
  const environment = testEnvironment(
    {},
    {
      clock,
      resolver: (servers, timeoutMs) => {
        asked.push(`${servers?.join() ?? 'system'} ${timeoutMs}`);
        return {
          srv: unasked('SRV'),
          a: unasked('A'),
          aaaa: unasked('AAAA'),
          cancel: () => void (cancelled += 1),
          ...answers,
        };
      },
    },
  );
  const listener = new RecordingListener();
  const watch = dnsIn(environment, NAME, options).watch(listener);
  return { watch, listener, clock, asked, cancelled: () => cancelled };
}

describe('a name with too many records', () => {
  it('is refused, and the last list stays in force', async () => {
    let addresses = ['10.0.0.1'];
    const { watch, listener } = setUp({}, { a: () => Promise.resolve(addresses) });
    await watch.ready();
    addresses = Array.from({ length: 1_001 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    await expect(watch.refresh()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_MALFORMED',
      message: expect.stringContaining('1001'),
    });
    expect(listener.topologies).toHaveLength(1);
  });
});

describe('a name with an address where no node can be, as DNS servers answer that block it', () => {
  it.each<[string, DnsOptions, Partial<NameResolver>]>([
    ['0.0.0.0', {}, { a: () => Promise.resolve(['10.0.0.1', '0.0.0.0']) }],
    ['255.255.255.255', {}, { a: () => Promise.resolve(['255.255.255.255']) }],
    ['224.0.0.1', {}, { a: () => Promise.resolve(['224.0.0.1']) }],
    ['::', { record: 'AAAA' }, { aaaa: () => Promise.resolve(['::']) }],
    ['0.0.0.0', { record: 'SRV' }, { srv: () => Promise.resolve([record('0.0.0.0', 11_211)]) }],
  ])('is refused: %s (%j)', async (address, options, answers) => {
    const { watch } = setUp(options, answers);
    await expect(watch.ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_MALFORMED',
      message: expect.stringContaining(address),
    });
  });
});

describe('A and AAAA records', () => {
  it('are the nodes, sorted, each once, with one port', async () => {
    const { watch } = setUp(
      { port: 11_212 },
      { a: (name) => Promise.resolve(name === NAME ? ['10.0.0.2', '10.0.0.1', '10.0.0.2'] : []) },
    );
    expect(await watch.ready()).toEqual({
      nodes: [
        { id: '10.0.0.1:11212', host: '10.0.0.1', port: 11_212 },
        { id: '10.0.0.2:11212', host: '10.0.0.2', port: 11_212 },
      ],
    });
  });

  it('are the same list in whatever order a server rotates them', async () => {
    const rotations = [
      ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
      ['10.0.0.2', '10.0.0.3', '10.0.0.1'],
      ['10.0.0.3', '10.0.0.1', '10.0.0.2'],
    ];
    let query = 0;
    const { watch, listener } = setUp({}, { a: () => Promise.resolve(rotations[query++ % 3] ?? []) });
    for (const _ of rotations) await watch.refresh();
    expect(query).toBe(3);
    expect(listener.topologies).toHaveLength(1);
  });

  it('of IPv6 are asked for with AAAA', async () => {
    const { watch } = setUp({ record: 'AAAA' }, { aaaa: () => Promise.resolve(['2001:db8::1']) });
    expect((await watch.ready()).nodes).toEqual([{ id: '[2001:db8::1]:11211', host: '2001:db8::1', port: 11_211 }]);
  });
});

describe('SRV records', () => {
  it('are the nodes with names and ports, in one spelling, sorted', async () => {
    const records = [
      record('mc-1.Memcached.default.svc.', 11_211),
      record('mc-0.memcached.default.svc', 11_212),
      record('mc-0.memcached.default.svc', 11_211),
    ];
    const { watch } = setUp({ record: 'SRV' }, { srv: () => Promise.resolve(records) });
    expect((await watch.ready()).nodes).toEqual([
      { id: 'mc-0.memcached.default.svc:11211', host: 'mc-0.memcached.default.svc', port: 11_211 },
      { id: 'mc-0.memcached.default.svc:11212', host: 'mc-0.memcached.default.svc', port: 11_212 },
      { id: 'mc-1.memcached.default.svc:11211', host: 'mc-1.memcached.default.svc', port: 11_211 },
    ]);
  });

  it('hand weights on where they differ; 0 is the smallest share there is', async () => {
    const records = [record('a', 1, 0, 20), record('b', 1, 0, 10), record('c', 1, 0, 0)];
    const { watch } = setUp({ record: 'SRV' }, { srv: () => Promise.resolve(records) });
    expect((await watch.ready()).nodes.map(({ host, weight }) => [host, weight])).toEqual([
      ['a', 20],
      ['b', 10],
      ['c', 1],
    ]);
  });

  it('do not change the nodes when weights are equal but follow their number, as in Kubernetes', async () => {
    let weight = 50;
    const { watch, listener } = setUp(
      { record: 'SRV' },
      { srv: () => Promise.resolve([record('a', 1, 0, weight), record('b', 1, 0, weight)]) },
    );
    await watch.ready();
    weight = 33;
    await watch.refresh();
    expect(listener.topologies).toHaveLength(1);
  });

  it('of the lowest priority number count alone', async () => {
    const { watch } = setUp(
      { record: 'SRV' },
      { srv: () => Promise.resolve([record('standby', 1, 20), record('a', 1, 10), record('b', 1, 10)]) },
    );
    expect((await watch.ready()).nodes.map(({ host }) => host)).toEqual(['a', 'b']);
  });

  it('that say port 0 get the port of the options, others keep their own', async () => {
    const { watch } = setUp(
      { record: 'SRV', port: 9 },
      { srv: () => Promise.resolve([record('a', 0), record('b', 5)]) },
    );
    expect((await watch.ready()).nodes.map(({ id }) => id)).toEqual(['a:9', 'b:5']);
  });

  it('that say "no such service" list nothing', async () => {
    const { watch } = setUp({ record: 'SRV' }, { srv: () => Promise.resolve([record('.', 0), record('', 0)]) });
    await expect(watch.ready()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_EMPTY' });
  });

  it('with a target that can be no host are malformed as a whole', async () => {
    const { watch } = setUp({ record: 'SRV' }, { srv: () => Promise.resolve([record('a', 1), record('b c', 1)]) });
    await expect(watch.ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_MALFORMED',
      message: expect.stringContaining('"b c"') as string,
    });
  });
});

describe('a query that fails', () => {
  it.each([
    ['a name that does not exist', 'ENOTFOUND', 'SESS_DISCOVERY_EMPTY', 'DNS lists no A records'],
    ['a name without such records', 'ENODATA', 'SESS_DISCOVERY_EMPTY', 'DNS lists no A records'],
    ['a server that fails', 'ESERVFAIL', 'SESS_DISCOVERY_UNREACHABLE', 'failed with ESERVFAIL'],
    ['a server that is not there', 'ECONNREFUSED', 'SESS_DISCOVERY_UNREACHABLE', 'failed with ECONNREFUSED'],
    ['a server that is silent', 'ETIMEOUT', 'SESS_DISCOVERY_TIMEOUT', 'failed with ETIMEOUT'],
  ])('(%s) is told, and the last list stays', async (_, code, expected, told) => {
    let answer = Promise.resolve(['10.0.0.1']);
    const { watch, listener, clock } = setUp({}, { a: () => answer });
    const good = await watch.ready();
    answer = Promise.reject(dnsError(code));
    await expect(watch.refresh()).rejects.toMatchObject({
      code: expected,
      endpoint: NAME,
      message: expect.stringContaining(told) as string,
      cause: { code },
    });
    expect(listener.errors).toHaveLength(1);
    expect(await watch.ready()).toBe(good);
    expect(clock.delays).toEqual([750]);
  });

  it('by silence ends after timeoutMs, and its resolver is cancelled', async () => {
    const { watch, clock, asked, cancelled } = setUp(
      { timeoutMs: 700, servers: ['127.0.0.1:8600'] },
      { a: () => new Promise(() => {}) },
    );
    const ready = watch.ready();
    clock.advance(700);
    await expect(ready).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TIMEOUT',
      message: expect.stringContaining('within 700 ms') as string,
    });
    expect(asked).toEqual(['127.0.0.1:8600 700']);
    expect(cancelled()).toBe(1);
  });

  it('by close() cancels its resolver, too', async () => {
    const { watch, listener, clock, cancelled } = setUp({}, { a: () => new Promise(() => {}) });
    const ready = watch.ready();
    watch.close();
    await expect(ready).rejects.toMatchObject({ code: 'SESS_DISCOVERY_CLOSED' });
    expect([cancelled(), listener.errors, clock.delays]).toEqual([1, [], []]);
  });
});
