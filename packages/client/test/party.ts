/** Clients with two copies over a local cluster, at a pace for tests; and a look at a node past any of them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { startLocalCluster, type LocalCluster, type LocalNode, type Runtime } from '@sess/local-cluster';
import { onTestFinished } from 'vitest';

import { createClient } from '../src/client.ts';
import type { Client } from '../src/contract.ts';
import type { ClientOptions } from '../src/options.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { FakeDiscovery } from './fake-discovery.ts';
import { heard } from './heard.ts';
import { OPTIONS } from './text-scripted-server.ts';

export interface Member {
  readonly client: Client;
  readonly discovery: FakeDiscovery;
}

/** What a test opens ends after it, the last first. */
export function partyOfEachTest(): Party {
  return new Party();
}

class Party {
  own<T>(resource: T, end: (resource: T) => unknown): T {
    onTestFinished(async () => {
      await end(resource);
    });
    return resource;
  }

  async start(runtime: Runtime, nodes: number): Promise<LocalCluster> {
    return this.own(await startLocalCluster({ nodes, runtime }), (cluster) => cluster.close());
  }

  /** A cluster, and the ids of its nodes. */
  async startNodes(runtime: Runtime, nodes: number): Promise<[LocalCluster, string[]]> {
    const cluster = await this.start(runtime, nodes);
    return [cluster, cluster.nodes.map(({ id }) => id)];
  }

  async join(nodes: readonly string[], options: Partial<ClientOptions> = {}): Promise<Member> {
    const discovery = new FakeDiscovery();
    const client = createClient({
      discovery,
      copies: 2,
      timeoutMs: 5_000,
      maxProbePauseMs: 50,
      probeIntervalMs: 100,
      historyIntervalMs: 100,
      // What is open stays so.
      handover: { clockSkewMs: 0, finish: false },
      ...options,
    });
    this.own(client, () => client.close());
    discovery.report(...nodes);
    await client.ready();
    return { client, discovery };
  }

  /** A node as it is, past any client. */
  directly(cluster: LocalCluster, id: string): NodeTransport {
    const transport = textTransport().open(nodeOf(cluster, id), OPTIONS, {
      connected: () => undefined,
      disconnected: () => undefined,
    });
    return this.own(transport, () => transport.destroy());
  }

  /** Takes an item away from a node, as eviction does. Whether there was one. */
  async evict(cluster: LocalCluster, id: string, key: string): Promise<boolean> {
    const node = nodeOf(cluster, id);
    const socket = connect(node.port, node.host).setEncoding('latin1');
    socket.write(`delete ${key}\r\n`);
    const [reply] = (await once(socket, 'data')) as [string];
    socket.destroy();
    return reply === 'DELETED\r\n';
  }
}

function nodeOf(cluster: LocalCluster, id: string): LocalNode {
  const node = cluster.nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

/** Resolves when so many clients hold the node for down. */
export async function crash(cluster: LocalCluster, id: string, clients: number): Promise<void> {
  let down = 0;
  const allDown = heard('sess:client:node', ({ node, to }) => node === id && to === 'down' && (down += 1) === clients);
  await cluster.crashNode(id);
  await allDown;
}

/** Resolves when so many clients know that it is back, empty. */
export async function restart(cluster: LocalCluster, id: string, clients: number): Promise<void> {
  let up = 0;
  const allUp = heard('sess:client:node', ({ node, to }) => node === id && to === 'up' && (up += 1) === clients);
  await cluster.restartNode(id);
  await allUp;
}
