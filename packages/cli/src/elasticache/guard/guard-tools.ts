/** Shared by all duties of a guard: the cluster, its nodes, and the stored records about them. */
import { SessClientError, type Client } from '@sess/client';

import type { ClusterSettings } from '../../cluster/settings.ts';
import type { CacheClusterApi, CacheClusterInfo } from '../cache-cluster-api.ts';
import { drainTogether } from '../drain-together.ts';
import type { Journal } from '../journal.ts';
import { PlacedRecord } from '../placed-record.ts';
import { recordStore } from '../record-store.ts';
import { names, progressText } from '../scale-in.ts';
import type { GuardOptions } from './guard-options.ts';
import { initialState, type GuardState } from './guard-state.ts';
import type { GuardLease } from './lease.ts';
import { guardWork, type GuardWork } from './guard-work.ts';

type Nodes = CacheClusterInfo['nodes'];

export interface Named {
  readonly cacheNodeId: string;
  readonly id: string;
}

export class GuardTools {
  readonly api: CacheClusterApi;
  readonly client: Client;
  readonly settings: ClusterSettings;
  readonly journal: Journal;
  readonly options: GuardOptions;
  readonly record: PlacedRecord<GuardWork>;
  readonly #lease: Pick<GuardLease, 'isHeld'>;
  readonly #warnings = new Map<string, string>();
  #state: GuardState;

  constructor(
    api: CacheClusterApi,
    client: Client,
    settings: ClusterSettings,
    journal: Journal,
    lease: Pick<GuardLease, 'isHeld'>,
    options: GuardOptions,
  ) {
    this.api = whileHeld(api, lease);
    this.client = client;
    this.settings = settings;
    this.journal = journal;
    this.options = options;
    this.record = new PlacedRecord(
      recordStore(client, options.recordSeconds),
      `sess-guard/${api.clusterId}/work`,
      guardWork,
    );
    this.#lease = lease;
    this.#state = initialState(api.clusterId, options.name, options.words);
  }

  get state(): GuardState {
    return this.#state;
  }

  tell(change: Partial<GuardState>): void {
    const now = Date.now();
    const isOther = change.doing !== undefined && change.doing !== this.#state.doing;
    this.#state = { ...this.#state, ...change, ...(isOther && { doingSince: now }), lastActiveAt: now };
  }

  /** Sets the warning of a topic; `undefined` clears it. */
  warnOf(matter: string, warning: string | undefined): void {
    if (warning === undefined) this.#warnings.delete(matter);
    else this.#warnings.set(matter, warning);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings.values()];
  }

  /** Drains those that are in rotation and answer. Resolves to the number of drained nodes. */
  async drain(nodes: Nodes, cacheNodeIds: readonly string[], why: string, signal: AbortSignal): Promise<number> {
    const { drains, states, nodes: listed } = this.client.topology;
    // A node that is down can't be drained now: it is drained when it answers again, and does not block the others.
    const left = named(nodes, cacheNodeIds).filter(
      ({ id }) => drains.get(id) !== 'drained' && states.get(id) !== 'down' && listed.some((node) => node.id === id),
    );
    if (left.length === 0) return 0;
    this.journal.add(`${why} ${names(left)}: drain`);
    await drainTogether(
      this.client,
      left.map(({ id }) => id),
      {
        signal,
        keysPerSecond: this.options.keysPerSecond,
        untilExpired: this.options.untilExpired,
        onProgress: (node, progress) => this.tell({ doing: `draining ${node}: ${progressText(progress)}` }),
        onDrained: (node, { keys, carried }) =>
          this.journal.add(`${node} is drained: ${keys} keys looked at, ${carried} carried`),
      },
    );
    return left.length;
  }

  async putBack(nodes: Nodes, cacheNodeIds: readonly string[], why: string): Promise<void> {
    for (const { cacheNodeId, id } of named(nodes, cacheNodeIds)) {
      try {
        await this.client.putBack(id);
        this.journal.add(`${cacheNodeId} ${why}: back in rotation`);
      } catch (error) {
        // It is in rotation, or not listed: there is nothing to undo.
        if (!SessClientError.is(error) || error.code !== 'SESS_BAD_VALUE') throw error;
      }
    }
  }

  async write(work: GuardWork): Promise<void> {
    requireHeld(this.#lease);
    await this.record.write(work);
  }

  addressOf(nodes: Nodes, cacheNodeId: string): string | undefined {
    const id = nodes.find((node) => node.cacheNodeId === cacheNodeId)?.id;
    return this.client.topology.nodes.find((node) => node.id === id)?.address;
  }
}

/** The nodes that have an address. */
export function named(nodes: Nodes, cacheNodeIds: readonly string[]): readonly Named[] {
  return nodes.flatMap(({ cacheNodeId, id }) =>
    id !== undefined && cacheNodeIds.includes(cacheNodeId) ? [{ cacheNodeId, id }] : [],
  );
}

/** The same API, but only the holder of the lease may change the cluster. */
function whileHeld(api: CacheClusterApi, lease: Pick<GuardLease, 'isHeld'>): CacheClusterApi {
  const held = async (change: () => Promise<void>): Promise<void> => {
    requireHeld(lease);
    await change();
  };
  return {
    clusterId: api.clusterId,
    describe: () => api.describe(),
    events: (minutes) => api.events(minutes),
    removeNodes: (count, ids) => held(() => api.removeNodes(count, ids)),
    addNodes: (count, zones) => held(() => api.addNodes(count, zones)),
    changeNodeType: (change) => held(() => api.changeNodeType(change)),
    close: () => api.close(),
  };
}

function requireHeld({ isHeld }: Pick<GuardLease, 'isHeld'>): void {
  if (!isHeld) throw new Error('The lease was lost: another guard goes on, or this one when it has it again.');
}
