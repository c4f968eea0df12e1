/**
 * A node that one client has not met again yet, and another reads: nothing is acknowledged that the other would not
 * see.
 */
import type { LocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { SessClientError } from '../src/errors.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport, Transport } from '../src/transport/transport.ts';
import { partyOfEachTest } from './party.ts';
import { refused } from './refused.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 40 }, (_, number) => `session-${number}`);
/** After so many refusals the next probe is more than a second away. */
const REFUSALS = 5;

const party = partyOfEachTest();

/** A way to the nodes on which one of them refuses connections as long as it is told to. */
class Gate {
  readonly transport: Transport;
  refused: string | undefined;
  refusals = 0;

  constructor() {
    const inner = textTransport();
    this.transport = {
      name: 'gate',
      open: (node, options, events) => {
        const opened = inner.open(node, options, events);
        const refuse = (): void => {
          if (this.refused !== node.id) return;
          this.refusals += 1;
          const error = new SessClientError('SESS_CONNECTION', 'refused', { node: node.id, cause: refused() });
          events.disconnected(error);
          throw error;
        };
        const gated = <Name extends 'get' | 'store' | 'touch' | 'probe'>(name: Name): Pick<NodeTransport, Name> => {
          const request = opened[name].bind(opened) as (...args: unknown[]) => Promise<unknown>;
          const method = async (...args: unknown[]): Promise<unknown> => {
            refuse();
            return request(...args);
          };
          return { [name]: method } as unknown as Pick<NodeTransport, Name>;
        };
        return Object.assign(opened, gated('get'), gated('store'), gated('touch'), gated('probe'));
      },
    };
  }
}

interface Scene {
  readonly cluster: LocalCluster;
  readonly gate: Gate;
  /** The node that `late` takes for down. */
  readonly first: string;
  readonly late: Client;
  readonly other: Client;
  /** Keys that the first node owns. */
  readonly keys: readonly string[];
}

describe.each(runtimes)('a node that one client has not met again yet (%s)', (runtime) => {
  /** `late` takes the first node for down, though it answers; `other` never saw it down, and will not hear of it soon. */
  async function start(copies = 2): Promise<Scene> {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const [first = ''] = ids;
    const gate = new Gate();
    const options = { copies, historyIntervalMs: 60_000 };
    const { client: late } = await party.join(ids, {
      ...options,
      transport: gate.transport,
      probeIntervalMs: 1_000,
      maxProbePauseMs: 60_000,
    });
    const { client: other } = await party.join(ids, options);
    await Promise.all(KEYS.map((key) => other.set(key, 'before', { ttlSeconds, expect: 'absent' })));
    gate.refused = first;
    await expect.poll(() => gate.refusals, { timeout: 60_000 }).toBeGreaterThan(REFUSALS);
    expect(late.topology.states.get(first)).toBe('down');
    gate.refused = undefined;
    const keys = KEYS.filter((key) => other.explain(key).owners[0] === first);
    return { cluster, gate, first, late, other, keys };
  }

  it('has every change that is acknowledged', { timeout: 60_000 }, async () => {
    const { late, other, keys } = await start();
    for (const key of keys) {
      const record = await late.get(key);
      await late.set(key, 'after', { ttlSeconds, expect: record ?? 'absent' });
      expect((await other.get(key))?.value.toString()).toBe('after');
    }
  });

  it('brings back nothing that was destroyed', { timeout: 60_000 }, async () => {
    const { late, other, keys } = await start();
    for (const key of keys) {
      await late.delete(key, { ttlSeconds });
      expect(await other.get(key)).toBeUndefined();
    }
  });

  it('ends no session sooner whose life was prolonged without it', { timeout: 60_000 }, async () => {
    const { cluster, first, late, other, keys } = await start();
    for (const key of keys) {
      expect(await late.touch(key, 2 * ttlSeconds)).toBe(true);
      // As if its life had ended where it was not prolonged.
      await party.evict(cluster, first, key);
      expect((await other.get(key))?.value.toString()).toBe('before');
    }
  });

  it('is refused when it was lost again, and ends nothing', { timeout: 60_000 }, async () => {
    const { cluster, gate, first, late, other, keys } = await start(1);
    const [key = ''] = keys;
    await expect.poll(() => late.topology.states.get(first), { timeout: 60_000 }).toBe('up');
    const record = await late.get(key);
    // On the first node and on its stand-in, because views overlap.
    await late.set(key, 'after', { ttlSeconds, expect: record ?? 'absent' });
    gate.refused = first;
    await expect.poll(() => late.topology.states.get(first), { timeout: 60_000 }).toBe('down');
    await expect(late.touch(key, 2 * ttlSeconds)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    gate.refused = undefined;
    expect(await party.evict(cluster, first, key)).toBe(true);
    expect((await other.get(key))?.value.toString()).toBe('after');
  });
});
