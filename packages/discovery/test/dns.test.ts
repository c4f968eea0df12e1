import { describe, expect, it } from 'vitest';
import { dns, dnsIn } from '../src/dns/dns.ts';
import type { DnsOptions } from '../src/dns/dns-options.ts';
import { use } from './use.ts';
import { DnsServer, type Zone } from './dns-server.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingListener } from './recording-listener.ts';
import { testEnvironment } from './test-environment.ts';

const pod = (number: number) =>
  ({
    type: 'SRV',
    target: `mc-${number}.mc.default.svc.cluster.local`,
    port: 11_211,
    priority: 0,
    weight: 50,
  }) as const;

/** Synchronous work. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function watched(zone: Zone, name: string, options: DnsOptions) {
  const server = use(await DnsServer.start(zone));
  const listener = new RecordingListener();
  const watch = use(dns(name, { timeoutMs: 10_000, ...options, servers: [server.address] }).watch(listener));
  return { server, watch, listener };
}

describe('a DNS server', () => {
  it('is asked for A records, and for nothing else', async () => {
    const addresses = ['10.0.0.2', '10.0.0.1'].map((address) => ({ type: 'A', address }) as const);
    const { server, watch } = await watched({ 'A memcached.test': addresses }, 'memcached.test', { port: 11_212 });
    expect((await watch.ready()).nodes.map(({ id }) => id)).toEqual(['10.0.0.1:11212', '10.0.0.2:11212']);
    expect(server.queries).toEqual(['A memcached.test']);
  });

  it('is asked for AAAA records', async () => {
    const zone: Zone = { 'AAAA memcached.test': [{ type: 'AAAA', address: '2001:db8:0:0:0:0:0:7' }] };
    const { watch } = await watched(zone, 'memcached.test', { record: 'AAAA' });
    expect((await watch.ready()).nodes.map(({ id }) => id)).toEqual(['[2001:db8::7]:11211']);
  });

  it('is asked for SRV records under the name as it is, and followed as they change', async () => {
    const name = '_memcache._tcp.mc.default.svc.cluster.local';
    const zone: Zone = { [`SRV ${name}`]: [pod(1), pod(0)] };
    const { server, watch, listener } = await watched(zone, name, { record: 'SRV' });
    expect(await watch.ready()).toEqual({
      nodes: [0, 1].map((number) => ({
        id: `mc-${number}.mc.default.svc.cluster.local:11211`,
        host: `mc-${number}.mc.default.svc.cluster.local`,
        port: 11_211,
      })),
    });
    zone[`SRV ${name}`] = [pod(2), pod(0), pod(1)];
    await watch.refresh();
    expect(listener.ids).toHaveLength(3);
    expect(server.queries).toEqual([`SRV ${name}`, `SRV ${name}`]);
  });

  it('that has answered is not blamed by a process that was blocked before it could read that', async () => {
    const zone: Zone = {
      get 'A memcached.test'() {
        // Twice as long as a try, and again while the timers of the first time run.
        setTimeout(() => block(400), 110);
        block(220);
        return [{ type: 'A', address: '10.0.0.1' }] as const;
      },
    };
    const { watch } = await watched(zone, 'memcached.test', { timeoutMs: 200 });
    expect((await watch.ready()).nodes).toHaveLength(1);
  });

  it('that forgets a pod, as it does when one terminates, is asked again within 36 seconds', async () => {
    const name = '_memcache._tcp.mc.default.svc.cluster.local';
    const zone: Zone = { [`SRV ${name}`]: [pod(0), pod(1), pod(2)] };
    const server = use(await DnsServer.start(zone));
    const listener = new RecordingListener();
    const clock = new ManualClock();
    // The longest pause.
    const environment = testEnvironment({}, { clock, random: () => 1 });
    const watch = use(
      dnsIn(environment, name, { record: 'SRV', timeoutMs: 10_000, servers: [server.address] }).watch(listener),
    );
    await watch.ready();
    zone[`SRV ${name}`] = [pod(0), pod(1)];
    clock.advance(35_999);
    expect(server.queries).toHaveLength(1);
    clock.advance(1);
    await listener.until(({ topologies }) => topologies.length === 2);
    expect(listener.ids).toEqual([0, 1].map((number) => `mc-${number}.mc.default.svc.cluster.local:11211`));
  });

  it.each<[string, Zone[string] | undefined, string]>([
    ['does not know the name', undefined, 'SESS_DISCOVERY_EMPTY'],
    ['has no such records', [], 'SESS_DISCOVERY_EMPTY'],
    ['fails', 'fails', 'SESS_DISCOVERY_UNREACHABLE'],
  ])('that %s leaves the last list in force', async (_, answer, code) => {
    const zone: Zone = { 'A memcached.test': [{ type: 'A', address: '10.0.0.1' }] };
    const { watch, listener } = await watched(zone, 'memcached.test', {});
    const good = await watch.ready();
    if (answer === undefined) delete zone['A memcached.test'];
    else zone['A memcached.test'] = answer;
    await expect(watch.refresh()).rejects.toMatchObject({ code, endpoint: 'memcached.test' });
    expect(listener.errors).toHaveLength(1);
    expect(await watch.ready()).toBe(good);
  });

  it('that is silent is a timeout', async () => {
    const { watch } = await watched({ 'A memcached.test': 'silent' }, 'memcached.test', { timeoutMs: 50 });
    await expect(watch.ready()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_TIMEOUT' });
  });
});
