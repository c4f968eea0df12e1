/**
 * Reads and updates the copies of one history, one on every node, under the key of its seal. A node's bytes are
 * untrusted until they are decoded and accepted; a refused history counts as missing, and is overwritten.
 */
import { randomBytes } from 'node:crypto';

import type { Clock } from '../clock.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { historyRefusedChannel } from '../diagnostics.ts';
import type { ClusterNode } from '../cluster.ts';
import { pause } from '../pause.ts';
import { casOf, encodeRecord, RECORD_FLAGS, type Entry } from '../record.ts';
import type { VersionSource } from '../version.ts';
import type { StoreOutcome } from '../transport/transport.ts';
import { withoutWholeness } from './completeness.ts';
import { HistoryRefused } from './history-checks.ts';
import { decodeHistory, encodeHistory } from './history-codec.ts';
import type { HistorySeal } from './history-seal.ts';
import { RefusedBytes } from './refused-bytes.ts';
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
  /** Settings of views that don't state them. */
  readonly defaultPlacement: Omit<Placement, 'nodes'>;
  readonly seal: HistorySeal;
  /** If a view was not confirmed for this long, other clients may believe that no client acts on it. */
  readonly unconfirmedMs: number;
  readonly clock: Clock & Pick<SteadyClock, 'latest'>;
  readonly versions: VersionSource;
  /** Rejects with `HistoryRefused` if a decoded history can't be used. */
  readonly accept: (history: History) => Promise<void>;
  /** Returns the part of a history that is still relevant. */
  readonly relevant: (history: History) => History;
  /** Whether `cluster` is the name of another cluster. */
  readonly isOther: (cluster: string) => boolean;
  /** When a view's window ends, milliseconds since 1970. */
  readonly endOf: (entry: ViewEntry) => number;
  /** Whether this client knows a whole history. If not, it does not confirm the claim of a node to have one. */
  readonly isWhole: () => boolean;
  /** A node lost its history: it restarted empty, too fast to be seen down. */
  readonly onForgotten: (nodeId: string) => void;
}

/** A node's bytes and the decoded history. */
interface DecodedHistory {
  readonly bytes: Buffer;
  readonly history: History;
  readonly isFromEarlier: boolean;
  readonly leavesMarks: boolean;
  /** Why the history was refused; `history` is then empty. */
  readonly refusal: HistoryRefused | undefined;
}

/** The result of reading a node. */
export interface Reading {
  readonly history: History;
  /** The fence token, read before the history. */
  readonly token: Buffer | undefined;
  /** Whether the node has a fence but no history: memcached evicted it. */
  readonly isEvicted: boolean;
  /** Whether the node has neither a history nor a fence, like a new node. */
  readonly isBlank: boolean;
}

/**
 * The result of updating a node. `known`: nothing that decides owners was new. `published`: such a change was
 * published. `failed`: no answer. `other`: it belongs to another cluster, so nothing was written.
 */
export type UpdateResult = 'known' | 'published' | 'failed' | 'other';

/**
 * What an update does about a node's fence. `give`: a token if there is none. `renew`: a new one; `keep`: as it is. For
 * these two, a node without a token has just lost its memory, and the update fails.
 */
export type FenceUpdate = 'renew' | 'give' | 'keep';

/** Attempts against other clients that write the history. The last one replaces the fence. */
const MAX_ATTEMPTS = 5;
/** Most names of clusters to remember: usually there is one, and briefly two. */
const MAX_NAMES = 8;
const TOKEN_BYTES = 8;
/** Time for which earlier processes are remembered, as a multiple of `unconfirmedMs`: they write more often. */
const EARLIER_FOR = 15;

export class HistoryCopies {
  readonly #setup: HistoryCopiesSetup;
  /** Nodes that are known to hold a history. */
  readonly #holding = new WeakSet<ClusterNode>();
  /** Nodes that got a change, or may have got one, but not yet a new fence token. */
  readonly #unfenced = new WeakSet<ClusterNode>();
  /** When a process of an earlier version was last seen writing, by the monotonic clock. */
  #earlierAt = -Infinity;
  /** The same for a process that leaves no "moved" marks. */
  #marklessAt = -Infinity;
  /** The last content of each node. */
  readonly #latest = new WeakMap<ClusterNode, DecodedHistory>();
  /** The last decoded and the last encoded history: most nodes hold the same. */
  #decoded: { readonly bytes: Buffer; readonly history: Promise<DecodedHistory> } | undefined;
  #encoded:
    | { readonly known: History; readonly wanted: History; readonly isForEarlier: boolean; readonly bytes: Buffer }
    | undefined;
  readonly #refused = new RefusedBytes();
  #bytes = 0;
  #renamed: { readonly of: History; readonly history: History } | undefined;
  /** Names of clusters read under this seal, the latest last. */
  readonly #names = new Set<string>();

  constructor(setup: HistoryCopiesSetup) {
    this.#setup = setup;
  }

  /**
   * Size of the history that was read or written last. A refused one does not count: rounds would wait the longer for it
   * to be replaced.
   */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a process that leaves no "moved" marks was seen writing recently: then handovers must not be finished. */
  get hasMarklessWriters(): boolean {
    return this.#isLately(this.#marklessAt);
  }

  #isLately(at: number): boolean {
    return this.#setup.clock.elapsed() - at < EARLIER_FOR * this.#setup.unconfirmedMs;
  }

  /** Reads a node's history; an empty one if it has none. Rejects if the node does not answer. */
  async read(node: ClusterNode): Promise<Reading> {
    const { seal, onForgotten } = this.#setup;
    // The fence first, so that its token is not newer than the history.
    const [token, entry] = await Promise.all([node.fence.read(seal.fenceKey), node.getEntry(seal.key, undefined)]);
    if (entry === undefined && this.#holding.delete(node)) onForgotten(node.id);
    return {
      history: await this.#historyIn(node, entry),
      token,
      isEvicted: entry === undefined && token !== undefined,
      isBlank: entry === undefined && token === undefined,
    };
  }

  /**
   * The history to store under this secret, with the cluster's name under this secret: clients without the other
   * secrets of this client know the cluster only by that name.
   */
  underItsName(wanted: History): History {
    const names = [...this.#names].filter((name) => !this.#setup.isOther(name));
    const name = names.at(-1);
    if (wanted.cluster === '' || name === undefined || names.includes(wanted.cluster)) return wanted;
    if (this.#renamed?.of !== wanted) this.#renamed = { of: wanted, history: { ...wanted, cluster: name } };
    return this.#renamed.history;
  }

  /**
   * Writes the part of `news` that the node lacks. Never rejects: the node's breaker counts failures.
   *
   * @param isAgreed whether all clients act on one view. Then a new confirmation is not a change of owners, however old
   *   the node's last one is.
   * @param fence what to do about the node's fence, beside a new token for a change
   */
  async update(node: ClusterNode, news: History, isAgreed: boolean, fence: FenceUpdate): Promise<UpdateResult> {
    const { seal, versions } = this.#setup;
    if (fence === 'renew') this.#unfenced.add(node);
    const unconfirmedMs = isAgreed ? Infinity : this.#setup.unconfirmedMs;
    try {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const [token, entry] = await Promise.all([
          node.getEntry(seal.fenceKey, undefined),
          node.getEntry(seal.key, undefined),
        ]);
        if (fence !== 'give' && (await this.#hasLostMemory(node, token, entry))) return 'failed';
        const stored = await this.#historyIn(node, entry);
        const known = this.#setup.isWhole() ? stored : withoutWholeness(stored);
        if (this.#setup.isOther(known.cluster)) return 'other';
        const wanted = this.underItsName(news);
        if (token === undefined || isNewsTo(known, wanted, unconfirmedMs)) this.#unfenced.add(node);
        if (!knowsAll(known, wanted)) {
          const bytes = encodeRecord(this.#encode(known, wanted), versions.next(versionOf(entry)), 0);
          if ((await replace(node, seal.key, entry, bytes, RECORD_FLAGS)) !== 'stored') continue;
          this.#holding.add(node);
          if (this.#unfenced.has(node)) continue;
        }
        if (!this.#unfenced.has(node)) return 'known';
        // The node has the history since before the token was read: a client that sees a newer token then reads it. By
        // compare-and-swap: if the node has lost its memory meanwhile, a new token would hide that. If another client
        // was faster, its token is as good.
        if ((await replace(node, seal.fenceKey, token, randomBytes(TOKEN_BYTES), 0)) === 'missing') return 'failed';
        this.#unfenced.delete(node);
        return 'published';
      }
    } catch {
      // The breaker counts it.
    }
    return 'failed';
  }

  /** Whether the node has no fence any more. It may have lost it after the token was read, and before the history was. */
  async #hasLostMemory(node: ClusterNode, token: Entry | undefined, entry: Entry | undefined): Promise<boolean> {
    if (token === undefined) return true;
    return entry === undefined && (await node.fence.read(this.#setup.seal.fenceKey)) === undefined;
  }

  #remember(cluster: string): void {
    if (cluster === '') return;
    this.#names.delete(cluster);
    this.#names.add(cluster);
    const [oldest] = this.#names;
    if (this.#names.size > MAX_NAMES && oldest !== undefined) this.#names.delete(oldest);
  }

  /** Decodes a node's bytes only if they changed. */
  async #historyIn(node: ClusterNode, entry: Entry | undefined): Promise<History> {
    if (entry?.kind !== 'record') return EMPTY_HISTORY;
    const before = this.#latest.get(node);
    const isSame = before?.bytes.equals(entry.value) === true;
    const decoded = isSame ? before : await this.#decode(entry.value);
    if (decoded.refusal === undefined) this.#bytes = decoded.bytes.length;
    if (isSame) return decoded.history;
    this.#latest.set(node, decoded);
    this.#remember(decoded.history.cluster);
    const now = this.#setup.clock.elapsed();
    if (decoded.isFromEarlier) this.#earlierAt = now;
    if (decoded.refusal === undefined && !decoded.leavesMarks) this.#marklessAt = now;
    if (decoded.refusal !== undefined) publishRefusal(node.id, decoded.refusal);
    else this.#holding.add(node);
    return decoded.history;
  }

  #decode(given: Buffer): Promise<DecodedHistory> {
    if (this.#decoded?.bytes.equals(given) !== true) {
      const bytes = Buffer.from(given);
      this.#decoded = { bytes, history: this.#decodeAndCheck(bytes) };
    }
    return this.#decoded.history;
  }

  async #decodeAndCheck(bytes: Buffer): Promise<DecodedHistory> {
    const { seal, clock, defaultPlacement, accept } = this.#setup;
    try {
      const refusedBefore = this.#refused.refusalOf(bytes);
      if (refusedBefore !== undefined) throw refusedBefore;
      const decoding = decodeHistory(bytes, seal, clock.latest(), defaultPlacement);
      let step = decoding.next();
      while (step.done !== true) {
        await pause(clock, 0, undefined);
        step = decoding.next();
      }
      const { history, isFromEarlier, leavesMarks } = step.value;
      await accept(history);
      return { bytes, history, isFromEarlier, leavesMarks, refusal: undefined };
    } catch (error) {
      if (!(error instanceof HistoryRefused)) throw error;
      this.#refused.add(bytes, error);
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

/** Stores an item in place of `entry`, which was read. */
function replace(
  node: ClusterNode,
  key: string,
  entry: Entry | undefined,
  bytes: Buffer,
  flags: number,
): Promise<StoreOutcome> {
  const cas = entry && casOf(entry);
  return node.store(cas === undefined ? 'add' : { cas }, key, bytes, { ttlSeconds: 0, flags }, undefined);
}

function versionOf(entry: Entry | undefined): bigint {
  return entry?.kind === 'record' ? entry.version : 0n;
}

function publishRefusal(node: string, { fault, message }: HistoryRefused): void {
  if (historyRefusedChannel.hasSubscribers) historyRefusedChannel.publish({ node, fault, detail: message });
}
