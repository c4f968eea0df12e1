/** One simulated application process: the real client with a simulated clock, discovery and network. */
import type { ClusterNode, Discovery, Topology, TopologyListener } from '@sess/discovery';
import { ketama, rendezvous, type Distribution, type RingNode } from '@sess/hash-ring';

import { createClient } from '../../src/client.ts';
import type { Client } from '../../src/contract.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { HISTORY_SECRET } from './history-secret.ts';
import type { Random } from './random.ts';
import { CLOCK_SKEW_MS, HISTORY_INTERVAL_MS, TIMEOUT_MS } from './timing.ts';
import type { ProcessClock, VirtualTime } from './virtual-time.ts';

export interface ApplicationSetup {
  readonly name: string;
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly copies: number;
  readonly windowSeconds: number;
  /** Whether handovers are finished before their windows end. */
  readonly finish: boolean;
  readonly keysPerSecond: number;
  /** The distribution of keys. */
  readonly placement: Placement;
  /** Number of zones of the nodes; 0 for none. */
  readonly zones: number;
  readonly transport: Transport;
  /** The first list of nodes. */
  readonly listed: readonly ClusterNode[];
}

export class Application {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly client: Client;
  alive = true;
  /** The last list of nodes that this process received. */
  listed: readonly ClusterNode[];
  /** Discovery does not reach this process before this time, virtual milliseconds. */
  listHeldBackUntil = -Infinity;
  readonly #time: VirtualTime;
  #listener: TopologyListener | undefined;

  constructor({
    name,
    time,
    clock,
    random,
    copies,
    windowSeconds,
    finish,
    keysPerSecond,
    placement,
    zones,
    transport,
    listed,
  }: ApplicationSetup) {
    this.name = name;
    this.clock = clock;
    this.random = random;
    this.listed = listed;
    this.#time = time;
    this.client = createClient({
      discovery: this.#discovery(),
      distribution: SHARED[placement],
      transport,
      timeoutMs: TIMEOUT_MS,
      connectTimeoutMs: TIMEOUT_MS,
      probeIntervalMs: 1_000,
      maxProbePauseMs: 1_500,
      copies,
      hedgedReads: finish,
      ...(zones > 0 && {
        zoneOf: ({ id }) => zoneOf(id, zones),
        zone: `zone-${random.between(0, zones - 1)}`,
        reads: 'near',
      }),
      handover: { windowSeconds, clockSkewMs: CLOCK_SKEW_MS, finish, keysPerSecond },
      historyIntervalMs: HISTORY_INTERVAL_MS,
      historySecret: HISTORY_SECRET,
      clock,
      random: () => random.next(),
    });
  }

  tell(listed: readonly ClusterNode[]): void {
    if (this.#time.now < this.listHeldBackUntil) return;
    this.clock.run(() => {
      this.listed = listed;
      this.#listener?.topology({ nodes: listed });
    });
  }

  kill(): void {
    this.alive = false;
    this.clock.kill();
  }

  #discovery(): Discovery {
    return {
      watch: (listener) => {
        this.#listener = listener;
        const ready = new Promise<Topology>((resolve) => {
          this.#time.at(1, () => {
            const topology = { nodes: this.listed };
            listener.topology(topology);
            resolve(topology);
          });
        });
        return { ready: () => ready, refresh: () => Promise.resolve(), close: () => undefined };
      },
    };
  }
}

/** Assigns nodes to zones in turn. */
export function zoneOf(id: string, zones: number): string {
  return `zone-${Number(/\d+/.exec(id)?.[0]) % zones}`;
}

export type Placement = 'ketama' | 'rendezvous';

/**
 * Distributions by placement and nodes. They are immutable, so histories share them: building one is most of the cost
 * of a new view.
 */
const placements = new Map<string, Distribution>();
const MAX_PLACEMENTS = 5_000;

const SHARED = {
  ketama: <N extends RingNode>(nodes: readonly N[]): Distribution<N> => shared('ketama', nodes),
  rendezvous: <N extends RingNode>(nodes: readonly N[]): Distribution<N> => shared('rendezvous', nodes),
} as const satisfies Record<Placement, unknown>;

function shared<N extends RingNode>(placement: Placement, nodes: readonly N[]): Distribution<N> {
  const name = `${placement} ${nodes.map(({ id, weight, zone }) => `${id} ${weight ?? 1} ${zone}`).join(' ')}`;
  const bare = nodes.map(({ id, weight, zone }) => ({ id, weight: weight ?? 1, ...(zone !== undefined && { zone }) }));
  const known = placements.get(name) ?? (placement === 'ketama' ? ketama(bare) : rendezvous(bare));
  if (placements.size < MAX_PLACEMENTS) placements.set(name, known);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = ({ id }: RingNode): N => byId.get(id) as N;
  return {
    nodes,
    owner: (key) => own(known.owner(key)),
    owners: (key, count) => known.owners(key, count).map(own),
    withNodes: (others) => shared(placement, others),
  };
}
