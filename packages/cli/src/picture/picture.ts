/** What the page shows of a cluster at a moment. */
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
  /** What the open handovers bring to another node; `undefined` when nothing is on its way. */
  readonly move: Move | undefined;
  /** How far drains and handovers are, as far as it is known. */
  readonly progress: MovesProgress;
  /** The last two minutes, the oldest first. */
  readonly samples: readonly Sample[];
  /** The newest first. */
  readonly happenings: readonly Happening[];
  /** What the causes of misses come from. */
  readonly causesFrom: 'nodes' | 'application';
}

/** A node has one number, and with it one colour, for as long as the page is open. */
export interface PictureNode extends NodeReport {
  readonly number: number;
  /** Items that it held when it last told. */
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
  /** How many reads found nothing, by cause; causes that had none are left out. */
  readonly causes: Readonly<Partial<Record<PictureCause, number>>>;
}

/**
 * Why reads found nothing: what an application server says (the causes of `sess:session:miss`), or what memcached
 * counts: `expired`, `flushed`, and `not-there` for all others.
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

/** How many sessions were missed since the application began, by node id and cause. */
export type CauseCounts = ReadonlyMap<string, Readonly<Partial<Record<PictureCause, number>>>>;
