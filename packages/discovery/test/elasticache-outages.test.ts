import { describe, expect, it } from 'vitest';
import type { Environment } from '../src/environment.ts';
import { elasticacheIn } from '../src/elasticache/elasticache.ts';
import { use } from './use.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingListener } from './recording-listener.ts';
import { answering, configReply, hasIpv6, ScriptedServer, type Script } from './scripted-server.ts';
import { testEnvironment } from './test-environment.ts';

const silence: Script = () => undefined;

function start(script: Script, options: { host?: string; port?: number } = {}): Promise<ScriptedServer> {
  return ScriptedServer.start(script, options).then(use);
}

function watchOf(endpoint: string, environment: Environment) {
  const listener = new RecordingListener();
  return { listener, watch: use(elasticacheIn(environment, endpoint).watch(listener)) };
}

/** An endpoint and two nodes that return the same list; the clock stands still. */
async function cluster() {
  const clock = new ManualClock();
  const list = (): string => configReply(version, nodes.map((node) => `127.0.0.1|127.0.0.1|${node.port}`).join(' '));
  let version = 1;
  const [endpoint, one, two] = [
    await start(answering(list)),
    await start(answering(list)),
    await start(answering(list)),
  ];
  const nodes = [one, two];
  const names: Record<string, readonly string[]> = { 'cfg.cache.test': ['127.0.0.1'] };
  const environment = testEnvironment(names, { clock });
  const { watch, listener } = watchOf(`cfg.cache.test:${endpoint.port}`, environment);
  await watch.ready();
  return { clock, endpoint, one, two, nodes, names, environment, watch, listener, change: () => void (version += 1) };
}

describe('an endpoint that is silent', () => {
  it('is a timeout when no list is known yet, after timeoutMs', async () => {
    const server = await start(silence);
    const clock = new ManualClock();
    const { watch } = watchOf(`127.0.0.1:${server.port}`, testEnvironment({}, { clock }));
    const ready = watch.ready();
    await server.until(({ lines }) => lines.length === 1);
    clock.advance(2_000);
    await expect(ready).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TIMEOUT',
      endpoint: `127.0.0.1:${server.port}`,
      message: expect.stringContaining('within 2000 ms') as string,
    });
    await server.until(({ open }) => open === 0);
  });

  it('is stood in for by a node of the last good list', async () => {
    const { clock, endpoint, one, watch, listener, change } = await cluster();
    endpoint.script = silence;
    change();
    const look = watch.refresh();
    await endpoint.until(({ lines }) => lines.length === 2);
    clock.advance(2_000);
    await look;
    expect(listener.topologies.at(-1)?.version).toBe(2);
    expect(listener.errors).toEqual([]);
    expect(one.connections).toBe(1);
  });

  it('is stood in for by another node when the first one asked is silent, too', async () => {
    const { clock, endpoint, one, two, watch, listener, change } = await cluster();
    endpoint.script = silence;
    one.script = silence;
    change();
    const look = watch.refresh();
    await endpoint.until(({ lines }) => lines.length === 2);
    clock.advance(2_000);
    await one.until(({ lines }) => lines.length === 1);
    expect(two.connections).toBe(0);
    clock.advance(250);
    await look;
    expect(listener.topologies.at(-1)?.version).toBe(2);
    await one.until(({ open }) => open === 0);
  });

  it.skipIf(!hasIpv6)('is asked again, its name resolved anew, when no node answers either', async () => {
    const { clock, endpoint, nodes, names, environment, watch, listener } = await cluster();
    for (const server of [endpoint, ...nodes]) server.script = silence;
    // The name belongs to another machine now.
    const moved = await start(answering(configReply(9, 'moved||1')), { host: '::1', port: endpoint.port });
    const look = watch.refresh();
    await endpoint.until(({ lines }) => lines.length === 2);
    names['cfg.cache.test'] = ['::1'];
    clock.advance(2_000);
    await nodes[0]?.until(({ lines }) => lines.length === 1);
    clock.advance(2_000);
    await look;
    expect(moved.connections).toBe(1);
    expect(listener.ids).toEqual(['moved:1']);
    expect(environment.lookups).toEqual(['cfg.cache.test', 'cfg.cache.test', 'cfg.cache.test']);
  });

  it('fails the look after three times timeoutMs at most, and the last list stays', async () => {
    const { clock, endpoint, nodes, watch, listener } = await cluster();
    for (const server of [endpoint, ...nodes]) server.script = silence;
    const look = watch.refresh();
    await endpoint.until(({ lines }) => lines.length === 2);
    clock.advance(2_000);
    await nodes[0]?.until(({ lines }) => lines.length === 1);
    clock.advance(2_000);
    await endpoint.until(({ lines }) => lines.length === 3);
    clock.advance(2_000);
    await expect(look).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TIMEOUT',
      message: expect.stringContaining('The known nodes did not return the list either (2 asked).') as string,
    });
    expect(clock.now()).toBe(6_000);
    expect(listener.topologies).toHaveLength(1);
    // The next look comes sooner than the poll interval.
    expect(clock.delays).toEqual([750]);
  });
});

describe('an endpoint out of reach', () => {
  it('is stood in for at once when it refuses the connection', async () => {
    const { endpoint, watch, listener, change } = await cluster();
    await endpoint.close();
    change();
    await watch.refresh();
    expect(listener.topologies.at(-1)?.version).toBe(2);
  });

  it('is stood in for by nodes at their last addresses when its name can’t be resolved', async () => {
    const { names, watch, listener, change } = await cluster();
    delete names['cfg.cache.test'];
    change();
    await watch.refresh();
    expect(listener.topologies.at(-1)?.version).toBe(2);
  });

  it('says so when its name can’t be resolved, or has no address', async () => {
    for (const names of [{}, { 'cfg.cache.test': [] }]) {
      const { watch } = watchOf('cfg.cache.test:11211', testEnvironment(names));
      await expect(watch.ready()).rejects.toMatchObject({
        code: 'SESS_DISCOVERY_UNREACHABLE',
        message: expect.stringContaining("can't be resolved") as string,
      });
    }
  });

  it('says so when its name is not resolved in time, and does not blame the network', async () => {
    const clock = new ManualClock();
    const environment = testEnvironment({}, { clock, lookup: () => new Promise(() => {}) });
    const { watch } = watchOf('cfg.cache.test:11211', environment);
    const ready = watch.ready();
    clock.advance(2_000);
    await expect(ready).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TIMEOUT',
      message:
        'The name of cfg.cache.test:11211 was not resolved within 2000 ms. Check that the DNS servers of this host answer.',
    });
  });

  it.skipIf(!hasIpv6)('has all its addresses tried', async () => {
    const server = await start(answering(configReply(1, 'a||1')), { host: '::1' });
    const { watch } = watchOf(
      `cfg.cache.test:${server.port}`,
      testEnvironment({ 'cfg.cache.test': ['127.0.0.1', '::1'] }),
    );
    expect((await watch.ready()).nodes).toHaveLength(1);
    await server.close();
    await expect(watch.refresh()).rejects.toMatchObject({ code: 'SESS_DISCOVERY_UNREACHABLE' });
  });

  it.skipIf(!hasIpv6)('may stand in brackets when it is an IPv6 address', async () => {
    const server = await start(answering('ERROR\r\n'), { host: '::1' });
    const { watch } = watchOf(`[::1]:${server.port}`, testEnvironment());
    expect((await watch.ready()).nodes).toEqual([{ id: `[::1]:${server.port}`, host: '::1', port: server.port }]);
  });
});

describe('a node that stands in', () => {
  it('is not believed when its list is of another cluster, or it knows none', async () => {
    const { endpoint, one, two, watch, listener } = await cluster();
    await endpoint.close();
    one.script = answering(configReply(99, 'stranger||1'));
    two.script = answering('ERROR\r\n');
    const failure: unknown = await watch.refresh().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SESS_DISCOVERY_UNREACHABLE' });
    const all = ((failure as Error).cause as AggregateError).errors.map(String);
    expect(all.filter((error) => error.includes('another cluster'))).toHaveLength(1);
    expect(all.filter((error) => error.includes('not to discovery commands'))).toHaveLength(1);
    expect(listener.topologies).toHaveLength(1);
  });

  it('is believed when its list spells the names in another way', async () => {
    const node = await start(silence);
    const list = `Node.cache.test|127.0.0.1|${node.port}`;
    const endpoint = await start(answering(configReply(1, list)));
    const { watch, listener } = watchOf(`127.0.0.1:${endpoint.port}`, testEnvironment());
    await watch.ready();
    await endpoint.close();
    node.script = answering(configReply(2, `node.cache.test.|127.0.0.1|${node.port} other||1`));
    await watch.refresh();
    expect(listener.topologies.at(-1)?.version).toBe(2);
  });

  it('is not believed when its list is older, however often', async () => {
    const { clock, endpoint, one, two, watch, listener, nodes } = await cluster();
    await endpoint.close();
    for (const node of [one, two]) node.script = answering(configReply(0, `127.0.0.1||${nodes[0]?.port}`));
    for (let look = 0; look < 5; look += 1) {
      await watch.refresh();
      clock.advance(47_000);
    }
    expect(listener.topologies).toHaveLength(1);
  });
});

describe('a watch that is closed', () => {
  it.each(['before the reply', 'in the middle of it', 'while nodes are asked'])(
    'hangs up at once: %s',
    async (when) => {
      const { clock, endpoint, nodes, watch, listener } = await cluster();
      for (const server of [endpoint, ...nodes]) server.script = silence;
      if (when === 'in the middle of it') endpoint.script = () => 'CONFIG cluster 0 100\r\n1\n';
      const look = watch.refresh();
      await endpoint.until(({ lines }) => lines.length === 2);
      if (when === 'while nodes are asked') {
        clock.advance(2_000);
        await nodes[0]?.until(({ lines }) => lines.length === 1);
      }
      watch.close();
      await expect(look).rejects.toMatchObject({ code: 'SESS_DISCOVERY_CLOSED' });
      for (const server of [endpoint, ...nodes]) await server.until(({ open }) => open === 0);
      expect(clock.delays).toEqual([]);
      expect(listener.errors).toEqual([]);
    },
  );
});
