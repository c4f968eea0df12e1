/** A client with the secrets of several applications, each of which has its own name for the cluster. */
import { startLocalCluster } from '@sess/local-cluster';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { deriveHistorySecret, historySeals } from '../src/membership/history-seal.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { Transport } from '../src/transport/transport.ts';
import { Party } from './party.ts';

const SECRETS = ['the secret of the shop, which its servers have', 'the secret of the admin pages of the shop'].map(
  deriveHistorySecret,
);
const HISTORY_KEYS = new Set(historySeals(SECRETS).map(({ key }) => key));
const NODES = 6;
const historyIntervalMs = 200;

let party: Party;
beforeEach(() => {
  party = new Party();
});
afterEach(() => party.close());

describe.each(inject('mainRuntimes'))('a client with several secrets (%s)', (runtime) => {
  it('reads one node an interval while nothing happens, though the names differ', { timeout: 60_000 }, async () => {
    const cluster = party.own(await startLocalCluster({ nodes: NODES, runtime }), (started) => started.close());
    const ids = cluster.nodes.map(({ id }) => id);
    const applications = [];
    for (const historySecret of SECRETS) applications.push(await party.join(ids, { historySecret, historyIntervalMs }));
    /** Nodes that are read in one turn of the event loop. */
    let turn = new Set<string>();
    let most = 0;
    const note = (node: string): void => {
      if (turn.size === 0) {
        setImmediate(() => {
          most = Math.max(most, turn.size);
          turn = new Set();
        });
      }
      turn.add(node);
    };
    const inner = textTransport();
    const transport: Transport = {
      name: 'counting',
      open: (node, options, events) => {
        const opened = inner.open(node, options, events);
        const get = opened.get.bind(opened);
        const counted: typeof get = (key, ...rest) => {
          if (HISTORY_KEYS.has(key)) note(node.id);
          return get(key, ...rest);
        };
        return Object.assign(opened, { get: counted });
      },
    };
    const { client } = await party.join(ids, { historySecret: SECRETS, historyIntervalMs, transport });
    const names = applications.map((application) => application.client.topology.cluster);
    expect(new Set(names).size).toBe(2);
    expect(names).toContain(client.topology.cluster);

    const mostNodesAtOnce = async (): Promise<number> => {
      most = 0;
      await new Promise((resolve) => setTimeout(resolve, 10 * historyIntervalMs));
      return most;
    };
    await expect.poll(mostNodesAtOnce, { timeout: 50_000 }).toBe(1);
  });
});
