/** Polls one cluster, and makes a picture of each poll. */
import { setTimeout as wait } from 'node:timers/promises';

import { growth, type Looks, type NodeGrowth } from '../cluster/rates.ts';
import { observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import type { NodeFigures } from '../cluster/node-report.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { clusterStatus, type ClusterStatus } from '../commands/status.ts';
import { Happenings, happeningsBetween } from './happenings.ts';
import { MoveFinder } from './move.ts';
import { MoveWatch } from '../cluster/move-watch.ts';
import type { CauseCounts, ClusterPicture, NodeSample, PictureCause, Sample } from './picture.ts';

export interface ClusterWatchOptions {
  readonly settings: ClusterSettings;
  readonly intervalMs: number;
  /** Misses as reported by application servers, if given; otherwise from the nodes' counters. */
  readonly causes?: (() => CauseCounts) | undefined;
}

/** Samples to keep: two minutes at one per second. */
const MOST_SAMPLES = 120;

/** One poll of the cluster, however many browsers are connected. */
export class ClusterWatch {
  readonly #observed: ObservedCluster;
  readonly #options: ClusterWatchOptions;
  readonly #moves: MoveFinder;
  readonly #progress: MoveWatch;
  readonly #happenings = new Happenings();
  readonly #numbers = new Map<string, number>();
  /** The last figures of each node. */
  readonly #known = new Map<string, NodeFigures>();
  readonly #ended = new AbortController();
  #samples: readonly Sample[] = [];
  #last: { readonly status: ClusterStatus; readonly at: number; readonly causes: CauseCounts } | undefined;

  private constructor(observed: ObservedCluster, options: ClusterWatchOptions) {
    this.#observed = observed;
    this.#options = options;
    this.#moves = new MoveFinder(options.settings);
    this.#progress = new MoveWatch(observed);
  }

  /** @throws {SessClientError} if no node is known */
  static async open(options: ClusterWatchOptions): Promise<ClusterWatch> {
    return new ClusterWatch(await observe(options.settings), options);
  }

  /** Calls back with each picture until {@link close}; the first comes at once. */
  async run(listener: (picture: ClusterPicture) => void): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const picture = await this.#takeOne();
      // Results that arrive after the end are dropped.
      if (signal.aborted) return;
      listener(picture);
      await wait(this.#options.intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#progress.close();
    await this.#observed.close();
  }

  async #takeOne(): Promise<ClusterPicture> {
    const { looks } = this.#progress;
    const status = await clusterStatus(this.#observed, this.#options.settings);
    const progress = await this.#progress.find(status.nodes, status.handovers);
    const at = Date.now();
    const causes = this.#options.causes?.() ?? new Map();
    if (this.#last !== undefined) {
      this.#happenings.add(happeningsBetween(this.#last.status, status, this.#known, at));
      this.#samples = [...this.#samples, this.#sample(this.#last, { status, at, causes }, looks)].slice(-MOST_SAMPLES);
    }
    this.#last = { status, at, causes };
    for (const { id, figures } of status.nodes) if (figures !== undefined) this.#known.set(id, figures);
    return {
      at,
      status,
      nodes: status.nodes.map((node) => ({
        ...node,
        number: this.#numberOf(node.id),
        items: this.#known.get(node.id)?.items,
      })),
      numbers: new Map(this.#numbers),
      move: this.#moves.find(this.#observed.client.topology, status.handovers),
      progress,
      samples: this.#samples,
      happenings: this.#happenings.all,
      causesFrom: this.#options.causes === undefined ? 'nodes' : 'application',
    };
  }

  #numberOf(id: string): number {
    const number = this.#numbers.get(id) ?? this.#numbers.size + 1;
    this.#numbers.set(id, number);
    return number;
  }

  #sample(
    before: { readonly status: ClusterStatus; readonly at: number; readonly causes: CauseCounts },
    after: { readonly status: ClusterStatus; readonly at: number; readonly causes: CauseCounts },
    looks: ReadonlyMap<string, Looks>,
  ): Sample {
    const grown = growth(before.status.nodes, after.status.nodes, looks);
    const ids = new Set([...grown.keys(), ...after.causes.keys()]);
    const nodes = new Map<string, NodeSample>();
    for (const id of ids) {
      const node = grown.get(id) ?? NO_GROWTH;
      const causes =
        this.#options.causes === undefined
          ? countedCauses(node)
          : difference(before.causes.get(id), after.causes.get(id));
      nodes.set(id, { ...node, causes });
    }
    return { at: after.at, seconds: Math.max(0.001, (after.at - before.at) / 1_000), nodes };
  }
}

const NO_GROWTH: NodeGrowth = { requests: 0, hits: 0, misses: 0, expired: 0, flushed: 0, evictions: 0 };

/** The causes that memcached's counters distinguish. */
function countedCauses({ misses, expired, flushed }: NodeGrowth): NodeSample['causes'] {
  return withoutNone({ expired, flushed, 'not-there': Math.max(0, misses - expired - flushed) });
}

function difference(
  before: Readonly<Partial<Record<PictureCause, number>>> = {},
  after: Readonly<Partial<Record<PictureCause, number>>> = {},
): NodeSample['causes'] {
  return withoutNone(
    Object.fromEntries(
      Object.entries(after).map(([cause, amount]) => [cause, amount - (before[cause as PictureCause] ?? 0)]),
    ),
  );
}

function withoutNone(counts: Readonly<Record<string, number>>): NodeSample['causes'] {
  return Object.fromEntries(Object.entries(counts).filter(([, amount]) => amount > 0));
}
