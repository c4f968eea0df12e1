import { createClient, type Client } from '@sess/client';
import { memjsTransport } from '@sess/memjs-transport';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { NamespacedNode } from '../src/index.ts';

/** Numbers of the namespaces; other tests use different ones. */
const NUMBERS = { text: 77, memjs: 78 };

const runs = inject('runtimes').includes('memcached') && inject('programs').includes('network-namespaces');

describe.runIf(runs)('a NAT that forgets a connection while the machine sleeps', () => {
  let node: NamespacedNode;
  let client: Client;
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(async () => {
    vi.useRealTimers();
    await client?.close();
    await node?.close();
  });

  it.each([
    ['text', undefined],
    ['memjs', memjsTransport()],
  ] as const)('loses no request of the %s transport, and has no node blamed', async (name, transport) => {
    node = await NamespacedNode.open(NUMBERS[name]);
    client = createClient({
      servers: [node.listed.id],
      timeoutMs: 4_000,
      historySecret: 'a secret of at least thirty-two bytes',
      ...(transport === undefined ? {} : { transport }),
    });
    await client.ready();
    const record = await client.set('key', 'value', { ttlSeconds: 86_400 });
    const valueOf = async (key: string): Promise<string | undefined> => (await client.get(key))?.value.toString();
    for (let sleep = 0; sleep < 2; sleep += 1) {
      expect(await node.forgetConnections()).toBeGreaterThan(0);
      vi.setSystemTime(Date.now() + 3_600_000);
      expect(await Promise.all([valueOf('key'), valueOf('none'), valueOf('key')])).toEqual([
        'value',
        undefined,
        'value',
      ]);
      expect([...client.topology.states.values()]).toEqual(['up']);
    }
    await expect(client.set('key', 'another', { ttlSeconds: 60, expect: record })).resolves.toBeDefined();
  });
});
