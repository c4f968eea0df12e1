/**
 * The copies of one history, one on every node, under the key of its seal: reads them, and brings them up to date. What
 * a node holds is input until it was decoded and accepted; what is refused counts as nothing, and is overwritten.
 */
import { randomBytes } from 'node:crypto';

import type { Clock } from '../clock.ts';
import { historyRefusedChannel } from '../diagnostics.ts';
import type { ClusterNode } from '../cluster.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { VersionSource } from '../version.ts';
import { HistoryRefused } from './history-checks.ts';
import { decodeHistory, encodeHistory } from './history-codec.ts';
import type { HistorySeal } from './history-seal.ts';
import {
  EMPTY_HISTORY,
  isNewsTo,
  knowsAll,
  mergeHistories,
  type History,
  type Placement,
  type ViewEntry,
} from './history.ts';

export interface HistoryCopiesSetup {
  /** What a view goes by that does not say. */
  readonly unsaid: Omit<Placement, 'nodes'>;
  readonly seal: HistorySeal;
  /** A view that is confirmed again after so long may have been taken for one that nobody acts on. */
  readonly unconfirmedMs: number;
  readonly clock: Clock;
  readonly versions: VersionSource;
  /** Rejects with `HistoryRefused` when a history that can be read can't be used. */
  readonly accept: (history: History) => Promise<void>;
  /** What of a history is still of any use. */
  readonly relevant: (history: History) => History;
  /** Whether this is the name of another cluster. */
  readonly isOther: (cluster: string) => boolean;
  /** Until when a view may be wanted, milliseconds since 1970. */
  readonly endOf: (entry: ViewEntry) => number;
  /**
   * A node that knew the history has nothing under its key any more: it started anew, empty, too fast to be seen down.
   */
  readonly onForgotten: (nodeId: string) => void;
}

/** What a node told, and what it means. */
interface Told {
  readonly bytes: Buffer;
  readonly history: History;
  readonly isFromEarlier: boolean;
  readonly leavesMarks: boolean;
  /** Why `history` is empty. */
  readonly refusal: HistoryRefused | undefined;
}

/** What a node answered when it was read. */
export interface Reading {
  readonly history: History;
  /** What its fence showed before. */
  readonly token: Buffer | undefined;
  /** Whether the history is gone that was there with the fence: evicted, for lack of memory. */
  readonly isEvicted: boolean;
  /** Whether the node holds nothing of a history, as a new one does. */
  readonly isBlank: boolean;
}

/**
 * What came of bringing a node up to date: it knows all, it was told of something that decides owners, it did not
 * answer, or it holds the history of another cluster, to which nothing is written.
 */
export type Brought = 'known' | 'told' | 'failed' | 'other';

const MAX_ATTEMPTS = 4;
/** Names of clusters that are remembered: there are mostly one, or two for a moment. */
const MAX_NAMES = 8;
const TOKEN_BYTES = 8;
/** Processes of an earlier version write at least so often, in times of `unconfirmedMs`. */
const EARLIER_FOR = 15;

export class HistoryCopies {
  readonly #setup: HistoryCopiesSetup;
  /** Nodes that hold a history, as far as is known. */
  readonly #knowing = new WeakSet<ClusterNode>();
  /** Nodes that were told something, or may have been, and do not show it by their fence yet. */
  readonly #unfenced = new WeakSet<ClusterNode>();
  /** When a process of an earlier version was last seen to write, by the clock that never runs backwards. */
  #earlierAt = -Infinity;
  /** The same of one that leaves no marks. */
  #markless = -Infinity;
  /** What a node told last. */
  readonly #told = new WeakMap<ClusterNode, Told>();
  /** What was decoded last, and what was encoded last: most nodes hold the same. */
  #decoded: { readonly bytes: Buffer; readonly told: Promise<Told> } | undefined;
  #encoded:
    | { readonly known: History; readonly wanted: History; readonly isForEarlier: boolean; readonly bytes: Buffer }
    | undefined;
  #bytes = 0;
  #renamed: { readonly of: History; readonly history: History } | undefined;
  /** Names of clusters that were read here, the last one at the end. */
  readonly #names = new Set<string>();

  constructor(setup: HistoryCopiesSetup) {
    this.#setup = setup;
  }

  /** How long the history is that was read or written last. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a process was lately seen to write that leaves no marks: handovers are not finished beside it. */
  get hasMarklessWriters(): boolean {
    return this.#isLately(this.#markless);
  }

  #isLately(at: number): boolean {
    return this.#setup.clock.elapsed() - at < EARLIER_FOR * this.#setup.unconfirmedMs;
  }

  /** What the node knows; an empty history where it knows none. Rejects when it does not answer. */
  async read(node: ClusterNode): Promise<Reading> {
    const { seal, onForgotten } = this.#setup;
    // The fence first: what it shows is not newer than the history.
    const [token, entry] = await Promise.all([node.fence.read(seal.fenceKey), node.look(seal.key, undefined)]);
    if (entry === undefined && this.#knowing.delete(node)) onForgotten(node.id);
    return {
      history: await this.#understand(node, entry),
      token,
      isEvicted: entry === undefined && token !== undefined,
      isBlank: entry === undefined && token === undefined,
    };
  }

  /**
   * What is to stand under this secret: who has no other one knows the cluster by the name that stands there, which may
   * differ from that under the other secrets of this client.
   */
  byItsName(wanted: History): History {
    const names = [...this.#names].filter((name) => !this.#setup.isOther(name));
    const name = names.at(-1);
    if (wanted.cluster === '' || name === undefined || names.includes(wanted.cluster)) return wanted;
    if (this.#renamed?.of !== wanted) this.#renamed = { of: wanted, history: { ...wanted, cluster: name } };
    return this.#renamed.history;
  }

  /**
   * Tells the node what it lacks of what is `told` now. Never rejects: a node's own breaker tells of what fails.
   *
   * @param isAgreed Everybody acts on one view: that it is confirmed again is no news, however long it was not said to
   *   this node.
   */
  async bring(node: ClusterNode, told: History, isAgreed: boolean): Promise<Brought> {
    const { seal, versions } = this.#setup;
    const unconfirmedMs = isAgreed ? Infinity : this.#setup.unconfirmedMs;
    try {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const [token, entry] = await Promise.all([node.fence.read(seal.fenceKey), node.look(seal.key, undefined)]);
        const known = await this.#understand(node, entry);
        if (this.#setup.isOther(known.cluster)) return 'other';
        const wanted = this.byItsName(told);
        if (token === undefined || isNewsTo(known, wanted, unconfirmedMs)) this.#unfenced.add(node);
        if (knowsAll(known, wanted)) return await this.#fence(node);
        const cas =
          entry === undefined ? undefined : entry.kind === 'record' ? StoredRecord.origin(entry).cas : entry.cas;
        const version = versions.next(entry?.kind === 'record' ? entry.version : 0n);
        const bytes = encodeRecord(this.#encode(known, wanted), version, 0);
        const attributes = { ttlSeconds: 0, flags: RECORD_FLAGS };
        if (
          (await node.store(cas === undefined ? 'add' : { cas }, seal.key, bytes, attributes, undefined)) !== 'stored'
        )
          continue;
        this.#knowing.add(node);
        return await this.#fence(node);
      }
    } catch {
      // As said above.
    }
    return 'failed';
  }

  #remember(cluster: string): void {
    if (cluster === '') return;
    this.#names.delete(cluster);
    this.#names.add(cluster);
    const [oldest] = this.#names;
    if (this.#names.size > MAX_NAMES && oldest !== undefined) this.#names.delete(oldest);
  }

  /** After the history: whoever sees the new token reads what it is about. */
  async #fence(node: ClusterNode): Promise<Brought> {
    if (!this.#unfenced.has(node)) return 'known';
    await node.store(
      'set',
      this.#setup.seal.fenceKey,
      randomBytes(TOKEN_BYTES),
      { ttlSeconds: 0, flags: 0 },
      undefined,
    );
    this.#unfenced.delete(node);
    return 'told';
  }

  /** Nodes mostly tell what they told before: that is not decoded anew. */
  async #understand(node: ClusterNode, entry: Entry | undefined): Promise<History> {
    if (entry?.kind !== 'record') return EMPTY_HISTORY;
    this.#bytes = entry.value.length;
    const before = this.#told.get(node);
    if (before?.bytes.equals(entry.value) === true) return before.history;
    const told = await this.#decode(entry.value);
    this.#told.set(node, told);
    this.#remember(told.history.cluster);
    const now = this.#setup.clock.elapsed();
    if (told.isFromEarlier) this.#earlierAt = now;
    if (told.refusal === undefined && !told.leavesMarks) this.#markless = now;
    if (told.refusal !== undefined) tell(node.id, told.refusal);
    else this.#knowing.add(node);
    return told.history;
  }

  #decode(given: Buffer): Promise<Told> {
    if (this.#decoded?.bytes.equals(given) !== true) {
      const bytes = Buffer.from(given);
      this.#decoded = { bytes, told: this.#judge(bytes) };
    }
    return this.#decoded.told;
  }

  async #judge(bytes: Buffer): Promise<Told> {
    const { seal, clock, unsaid, accept } = this.#setup;
    try {
      const { history, isFromEarlier, leavesMarks } = decodeHistory(bytes, seal, clock.now(), unsaid);
      await accept(history);
      return { bytes, history, isFromEarlier, leavesMarks, refusal: undefined };
    } catch (error) {
      if (!(error instanceof HistoryRefused)) throw error;
      return { bytes, history: EMPTY_HISTORY, isFromEarlier: false, leavesMarks: false, refusal: error };
    }
  }

  #encode(known: History, wanted: History): Buffer {
    const { seal, relevant, endOf } = this.#setup;
    const isForEarlier = this.#isLately(this.#earlierAt);
    if (
      this.#encoded?.known !== known ||
      this.#encoded.wanted !== wanted ||
      this.#encoded.isForEarlier !== isForEarlier
    ) {
      const merged = { ...relevant(mergeHistories(known, wanted)), cluster: wanted.cluster || known.cluster };
      const bytes = encodeHistory(merged, seal, { isForEarlier, openUntil: endOf });
      this.#encoded = { known, wanted, isForEarlier, bytes };
    }
    this.#bytes = this.#encoded.bytes.length;
    return this.#encoded.bytes;
  }
}

function tell(node: string, { fault, message }: HistoryRefused): void {
  if (historyRefusedChannel.hasSubscribers) historyRefusedChannel.publish({ node, fault, detail: message });
}
