/**
 * The copies of one history, one on every node, under the key of its seal: reads them, and brings them up to date. What a node holds is input until
 * it was decoded and accepted; what is refused counts as nothing, and is overwritten.
 */
import type { Clock } from '../clock.ts';
import { historyRefusedChannel } from '../diagnostics.ts';
import type { Holder } from '../operations/cluster.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { VersionSource } from '../version.ts';
import { decodeHistory, encodeHistory, HistoryRefused } from './history-codec.ts';
import type { HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, knowsAll, mergeHistories, type History, type Placement } from './history.ts';

export interface HistoryCopiesSetup {
  /** What a view goes by that does not say. */
  readonly unsaid: Omit<Placement, 'nodes'>;
  readonly seal: HistorySeal;
  readonly clock: Clock;
  readonly versions: VersionSource;
  /** Rejects with `HistoryRefused` when a history that can be read can't be used. */
  readonly accept: (history: History) => Promise<void>;
  /** A node that knew the history has nothing under its key any more: it started anew, empty, too fast to be seen down. */
  readonly onForgotten: (nodeId: string) => void;
}

/** What a node told, and what it means. */
interface Told {
  readonly bytes: Buffer;
  readonly history: History;
  /** Why `history` is empty. */
  readonly refusal: HistoryRefused | undefined;
}

const MAX_ATTEMPTS = 4;

export class HistoryCopies {
  readonly #setup: HistoryCopiesSetup;
  /** Nodes that hold a history, as far as is known. */
  readonly #knowing = new WeakSet<Holder>();
  /** What a node told last. */
  readonly #told = new WeakMap<Holder, Told>();
  /** What was decoded last, and what was encoded last: most nodes hold the same. */
  #decoded: { readonly bytes: Buffer; readonly told: Promise<Told> } | undefined;
  #encoded: { readonly known: History; readonly wanted: History; readonly bytes: Buffer } | undefined;

  constructor(setup: HistoryCopiesSetup) {
    this.#setup = setup;
  }

  /** What the node knows; an empty history where it knows none. Rejects when it does not answer. */
  async read(holder: Holder): Promise<History> {
    const entry = await holder.look(this.#setup.seal.key, undefined);
    if (entry === undefined && this.#knowing.delete(holder)) this.#setup.onForgotten(holder.id);
    return this.#understand(holder, entry);
  }

  /** Whether the node knows all that is `wanted` now. Never rejects: a node's own breaker tells of what fails. */
  async bring(holder: Holder, wanted: History): Promise<boolean> {
    const { seal, versions } = this.#setup;
    try {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const entry = await holder.look(seal.key, undefined);
        const known = await this.#understand(holder, entry);
        if (knowsAll(known, wanted)) return true;
        const cas = entry === undefined ? undefined : entry.kind === 'record' ? StoredRecord.origin(entry).cas : entry.cas;
        const version = versions.next(entry?.kind === 'record' ? entry.version : 0n);
        const bytes = encodeRecord(this.#encode(known, wanted), version, 0);
        const attributes = { ttlSeconds: 0, flags: RECORD_FLAGS };
        if ((await holder.store(cas === undefined ? 'add' : { cas }, seal.key, bytes, attributes, undefined)) !== 'stored') continue;
        this.#knowing.add(holder);
        return true;
      }
    } catch {
      // As said above.
    }
    return false;
  }

  /** Nodes mostly tell what they told before: that is not decoded anew. */
  async #understand(holder: Holder, entry: Entry | undefined): Promise<History> {
    if (entry?.kind !== 'record') return EMPTY_HISTORY;
    const before = this.#told.get(holder);
    if (before?.bytes.equals(entry.value) === true) return before.history;
    const told = await this.#decode(entry.value);
    this.#told.set(holder, told);
    if (told.refusal !== undefined) tell(holder.id, told.refusal);
    else this.#knowing.add(holder);
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
      const history = decodeHistory(bytes, seal, clock.now(), unsaid);
      await accept(history);
      return { bytes, history, refusal: undefined };
    } catch (error) {
      if (!(error instanceof HistoryRefused)) throw error;
      return { bytes, history: EMPTY_HISTORY, refusal: error };
    }
  }

  #encode(known: History, wanted: History): Buffer {
    if (this.#encoded?.known !== known || this.#encoded.wanted !== wanted) {
      this.#encoded = { known, wanted, bytes: encodeHistory(mergeHistories(known, wanted), this.#setup.seal) };
    }
    return this.#encoded.bytes;
  }
}

function tell(node: string, { fault, message }: HistoryRefused): void {
  if (historyRefusedChannel.hasSubscribers) historyRefusedChannel.publish({ node, fault, detail: message });
}
