import { setTimeout as pause } from 'node:timers/promises';
import { SELF_SIGNED } from '@sess/loopback';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';
import { ForgetfulProxy } from './processes/forgetful-proxy.ts';

/** Longer than a process blocks itself; shorter than any timeout that drops a connection. */
const FROZEN_MS = 1_500;

const TIMEOUT_MS = 3_000;

/** Reads and writes when it gets a message: as soon as it runs again. */
const PROGRAM = `
  await client.ready();
  await client.set('key', 'value', { ttlSeconds: 60 });
  for (;;) {
    tell('ready');
    if ((await told()) === 'end') break;
    const text = (promise) => outcome(promise.then((record) => record?.value.toString()));
    let record;
    const first = await outcome(client.get('key').then((read) => (record = read).value.toString()));
    const rest = [text(client.get('key')), text(client.set('key', 'value', { ttlSeconds: 60, expect: record })), text(client.get('none'))];
    tell([first, ...(await Promise.all(rest)), states()[0]]);
  }`;

const ALL_WELL = ['value', 'value', 'value', 'miss', 'up'];

const KINDS = [
  ...TRANSPORTS.map((transport) => ({ transport, tls: false })),
  { transport: 'meta', tls: true },
  { transport: 'memjs', tls: true },
] as const;

describe.each(KINDS)('a process that was frozen ($transport, TLS: $tls)', ({ transport, tls }) => {
  const material = tls ? SELF_SIGNED : undefined;
  let cluster: LocalCluster;
  let proxy: ForgetfulProxy;
  let client: ClientProcess;
  beforeAll(async () => {
    cluster = await startLocalCluster({
      nodes: 1,
      runtime: 'embedded',
      ...(material === undefined ? {} : { tls: material }),
    });
    proxy = await new ForgetfulProxy(cluster.nodes[0]?.port ?? 0).listen();
    client = new ClientProcess(PROGRAM, {
      transport,
      port: proxy.port,
      certificate: material?.cert,
      options: { timeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS },
    });
    await client.next();
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await cluster.close();
  });

  /**
   * Stops the process and calls `meanwhile`. Resolves to the outcome of the requests that the process makes as soon as
   * it runs again.
   */
  async function afterFreeze(meanwhile: () => void): Promise<unknown> {
    client.child.kill('SIGSTOP');
    await pause(100);
    meanwhile();
    client.child.send('go on');
    await pause(FROZEN_MS);
    client.child.kill('SIGCONT');
    const outcomes = await client.next();
    await client.next();
    return outcomes;
  }

  it('keeps the connection that still stands', async () => {
    const { connections } = proxy;
    expect(await afterFreeze(() => undefined)).toEqual(ALL_WELL);
    expect(proxy.connections).toBe(connections);
  });

  it('loses no request to a network that forgot its connection', async () => {
    const { connections } = proxy;
    expect(await afterFreeze(() => proxy.forget())).toEqual(ALL_WELL);
    expect(proxy.connections).toBe(connections + 1);
  });

  it('loses no request to a network that resets its connection', async () => {
    expect(await afterFreeze(() => proxy.reset())).toEqual(ALL_WELL);
  });

  it('loses none when it is frozen again and again', async () => {
    expect(await afterFreeze(() => proxy.forget())).toEqual(ALL_WELL);
    expect(await afterFreeze(() => proxy.forget())).toEqual(ALL_WELL);
  });

  // Round trips of sixty percent of the timeout: a probe and a request take longer than one timeout.
  it.skipIf(tls)('loses none on a slow network, and keeps its connection', async () => {
    const [before] = proxy.sockets;
    proxy.latencyMs = 0.3 * TIMEOUT_MS;
    expect(await afterFreeze(() => undefined)).toEqual(ALL_WELL);
    proxy.latencyMs = 1;
    expect(proxy.sockets).toContain(before);
  });

  it('fails its requests when the network forgot its connection and the node is gone', async () => {
    const gone = cluster.crashNode(cluster.nodes[0]?.id ?? '');
    const outcomes = await afterFreeze(() => proxy.forget());
    await gone;
    expect(outcomes).toEqual(
      ALL_WELL.slice(0, -1)
        .map(() => expect.stringMatching(/127\.0\.0\.1/))
        .concat(expect.any(String)),
    );
  });
});
