/** What the page shows of a cluster at one moment. */
import type { NodeGrowth } from '../cluster/rates.ts';
import type { MovesProgress } from '../cluster/move-watch.ts';
import type { NodeReport } from '../cluster/node-report.ts';
import type { ClusterStatus } from '../commands/status.ts';
import type { Happening } from './happenings.ts';
import type { Move } from './move.ts';

export interface ClusterPicture {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly status: ClusterStatus;
  readonly nodes: readonly PictureNode[];
  /** Numbers of all nodes that were seen, by id. */
  readonly numbers: ReadonlyMap<string, number>;
  /** What the open handovers move to other nodes; `undefined` if nothing moves. */
  readonly move: Move | undefined;
  /** The progress of drains and handovers, as far as it is known. */
  readonly progress: MovesProgress;
  /** The last two minutes, the oldest first. */
  readonly samples: readonly Sample[];
  /** The newest first. */
  readonly happenings: readonly Happening[];
  /** The source of the causes of misses. */
  readonly causesFrom: 'nodes' | 'application';
}

/** A node has one number, and with it one colour, for as long as the page is open. */
export interface PictureNode extends NodeReport {
  readonly number: number;
  /** Items that it last reported. */
  readonly items: number | undefined;
}

/** What happened in a second or so. */
export interface Sample {
  readonly at: number;
  readonly seconds: number;
  /** By node id. */
  readonly nodes: ReadonlyMap<string, NodeSample>;
}

export interface NodeSample extends NodeGrowth {
  /** Number of reads that found nothing, by cause; omits causes without any. */
  readonly causes: Readonly<Partial<Record<PictureCause, number>>>;
}

/**
 * Why reads found nothing: the causes of `sess:session:miss` from application servers, or memcached's counters:
 * `expired`, `flushed`, and `not-there` for all others.
 */
export type PictureCause =
  | 'destroyed'
  | 'revoked'
  | 'expired'
  | 'evicted'
  | 'node-lost'
  | 'node-restarted'
  | 'flushed'
  | 'other-cluster'
  | 'foreign'
  | 'unknown'
  | 'not-there';

/** Number of missed sessions since the application started, by node id and cause. */
export type CauseCounts = ReadonlyMap<string, Readonly<Partial<Record<PictureCause, number>>>>;
