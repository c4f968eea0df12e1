/**
 * Keeps the history in the cluster: reads it from the nodes, tells the view book, and writes back what a node lacks. Every node holds one small
 * record under a reserved key.
 *
 * - Read from all nodes at the start and while anything is unsettled, otherwise from one node, every interval (jittered by a quarter).
 * - A view is published to every node in reach before anything is acknowledged on it.
 * - One round at a time; who comes meanwhile joins the next.
 */
import type { CancelTimer, Clock } from '../clock.ts';
import { encodeRecord, RECORD_FLAGS, StoredRecord, type Entry } from '../record.ts';
import type { Holder } from '../operations/cluster.ts';
import { SessClientError } from '../errors.ts';
import type { VersionSource } from '../version.ts';
import type { ViewBook } from '../view/view-book.ts';
import { decodeHistory, encodeHistory } from './history-codec.ts';
import { EMPTY_HISTORY, knowsAll, mergeHistories, type History } from './history.ts';

export interface HistoryKeeperSetup {
  readonly book: ViewBook;
  /** Every node that may hold or want the history. */
  readonly holders: () => readonly Holder[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly versions: VersionSource;
  readonly intervalMs: number;
  /** Reserved key of the history, and the secret that authenticates it. */
  readonly key: string;
  readonly secret: string | undefined;
  /** Something was read. */
  readonly onLearned: () => void;
  /** A node that knew the history does not know it any more: it started anew, empty, too fast to be seen down. */
  readonly onForgotten: (nodeId: string) => void;
}

/** What a node told, and what it means. */
interface Told {
  readonly bytes: Buffer;
  readonly history: History;
}

/** A process whose last reading is older than so many intervals may have slept through an agreement. */
const FRESH_INTERVALS = 2;
const MAX_ATTEMPTS = 4;

export class HistoryKeeper {
  readonly #setup: HistoryKeeperSetup;
  #round: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #cancel: CancelTimer | undefined;
  #readAt = -Infinity;
  /** What was read before does not count. */
  #trustedFrom = -Infinity;
  #published: History = EMPTY_HISTORY;
  /** Nodes that have told what they know. */
  readonly #heard = new Set<string>();
  /** Nodes that hold a history, as far as is known. */
  readonly #knowing = new WeakSet<Holder>();
  /** What a node told last. */
  readonly #told = new WeakMap<Holder, Told>();
  /** What was decoded last, and what was encoded last: most nodes hold the same. */
  #decoded: Told | undefined;
  #encoded: { readonly known: History; readonly wanted: History; readonly bytes: Buffer } | undefined;
  #ended = false;

  constructor(setup: HistoryKeeperSetup) {
    this.#setup = setup;
  }

  /** Whether what this client knows was read lately. */
  get isFresh(): boolean {
    return this.#readAt >= this.#trustedFrom && this.#setup.clock.elapsed() - this.#readAt < FRESH_INTERVALS * this.#setup.intervalMs;
  }

  /** Something happened that others may have drawn conclusions from which were not read yet: reads again, and nothing is fresh until that is done. */
  distrust(): void {
    this.#trustedFrom = this.#setup.clock.elapsed();
    this.refresh().catch(() => {
      // What failed is told by the nodes themselves; the next round tries again.
    });
  }

  /**
   * Whether no earlier view can be unknown: every listed node has answered once, or one told a history that was whole (what is acted on, every node is
   * told). A process that starts while the only node that remembers is out of reach must not call a session missing.
   */
  get isComplete(): boolean {
    return this.#setup.book.history.isWhole;
  }

  /** Whether what it knows is fresh, and its own view stands on the nodes. */
  get isCurrent(): boolean {
    const { book } = this.#setup;
    return this.isFresh && this.#holdsView(book.current?.id) && this.#published.longestTtlSeconds >= book.history.longestTtlSeconds;
  }

  /** Reads from all nodes and publishes; what comes while a round is under way waits for the one after it, which sees what it saw. */
  refresh(): Promise<void> {
    if (this.#round === undefined) return this.#start(true);
    this.#next ??= this.#round.then(
      () => this.#start(true),
      () => this.#start(true),
    );
    return this.#next;
  }

  /** Reads anew before a session is called missing. @throws {SessClientError} `SESS_UNAVAILABLE` when what came before may still be unknown. */
  async catchUp(): Promise<void> {
    await this.refresh();
    if (this.isComplete) return;
    const silent = this.#setup.book.listedIds.filter((id) => !this.#heard.has(id));
    throw new SessClientError(
      'SESS_UNAVAILABLE',
      `${silent.join(', ')} has not answered since this client started, and no other node knows what came before; a session may be there. ` +
        'Bring it back, or take it off the list of nodes.',
      { node: silent[0] },
    );
  }

  stop(): void {
    this.#ended = true;
    this.#cancel?.();
  }

  #start(all: boolean): Promise<void> {
    this.#next = undefined;
    this.#cancel?.();
    this.#round = this.#exchange(all).finally(() => {
      this.#round = undefined;
      this.#schedule();
    });
    return this.#round;
  }

  #schedule(): void {
    if (this.#ended || this.#next !== undefined) return;
    const { clock, random, intervalMs, book } = this.#setup;
    this.#cancel = clock.after(intervalMs * (0.75 + random() / 4), () => {
      this.#start(!this.isFresh || book.isUnsettled(clock.now())).catch(() => {
        // What failed is told by the nodes themselves; the next round tries again.
      });
    });
  }

  async #exchange(all: boolean): Promise<void> {
    const { book, clock, holders } = this.#setup;
    const inReach = holders().filter((holder) => holder.health !== 'down');
    const startedAt = clock.elapsed();
    const asked = all ? inReach : this.#some(inReach);
    const answers = await Promise.all(asked.map((holder) => this.#read(holder)));
    for (const [index, history] of answers.entries()) {
      if (history === undefined) continue;
      const holder = asked[index];
      if (holder === undefined) continue;
      this.#heard.add(holder.id);
      if (history === EMPTY_HISTORY && this.#knowing.delete(holder)) this.#setup.onForgotten(holder.id);
      book.learned(history, clock.now());
    }
    if (book.listedIds.length > 0 && book.listedIds.every((id) => this.#heard.has(id))) book.nothingIsMissing();
    if (answers.some((history) => history !== undefined)) this.#readAt = startedAt;
    book.prune(clock.now());
    this.#setup.onLearned();
    const wanted = book.wanted(clock.now());
    // A node that came back empty is told again at once: the history is as safe as the number of nodes that know it.
    const forgot = answers.some((history) => history !== undefined && !knowsAll(history, wanted));
    if (forgot || !knowsAll(this.#published, wanted))
      await this.#publish(wanted, new Set(asked.filter((_, index) => answers[index] === undefined)));
  }

  /** One node, a different one each time: none is relied on. */
  #some(holders: readonly Holder[]): readonly Holder[] {
    const one = holders[Math.floor(this.#setup.random() * holders.length)];
    return one === undefined ? [] : [one];
  }

  /** What a node knows; an empty history where it knows none, `undefined` where it does not answer. */
  async #read(holder: Holder): Promise<History | undefined> {
    try {
      const entry = await holder.look(this.#setup.key, undefined);
      return this.#understand(holder, entry);
    } catch {
      return undefined;
    }
  }

  /** Nodes mostly tell what they told before: that is not decoded anew. */
  #understand(holder: Holder, entry: Entry | undefined): History {
    if (entry?.kind !== 'record') return EMPTY_HISTORY;
    const told = this.#told.get(holder);
    if (told !== undefined && told.bytes.equals(entry.value)) return told.history;
    const decoded = this.#decode(entry.value);
    this.#told.set(holder, decoded);
    if (decoded.history !== EMPTY_HISTORY) this.#knowing.add(holder);
    return decoded.history;
  }

  #decode(bytes: Buffer): Told {
    if (this.#decoded === undefined || !this.#decoded.bytes.equals(bytes)) {
      this.#decoded = { bytes: Buffer.from(bytes), history: decodeHistory(bytes, this.#setup.secret) ?? EMPTY_HISTORY };
    }
    return this.#decoded;
  }

  #encode(known: History, wanted: History): Buffer {
    if (this.#encoded?.known !== known || this.#encoded.wanted !== wanted) {
      this.#encoded = { known, wanted, bytes: encodeHistory(mergeHistories(known, wanted), this.#setup.secret) };
    }
    return this.#encoded.bytes;
  }

  /** To every node in reach, the new ones too. One that did not answer just now is brought up to date when it does: nobody waits for it twice. */
  async #publish(wanted: History, silent: ReadonlySet<Holder>): Promise<void> {
    const inReach = this.#setup.holders().filter((holder) => holder.health !== 'down' && !silent.has(holder));
    const done = await Promise.all(inReach.map((holder) => this.#bring(holder, wanted)));
    if (!done.some((stands) => stands)) return;
    this.#published = wanted;
    this.#setup.book.learned(wanted, this.#setup.clock.now());
  }

  async #bring(holder: Holder, wanted: History): Promise<boolean> {
    const { key, versions } = this.#setup;
    try {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const entry = await holder.look(key, undefined);
        const known = this.#understand(holder, entry);
        if (knowsAll(known, wanted)) return true;
        const cas = entry === undefined ? undefined : entry.kind === 'record' ? StoredRecord.origin(entry).cas : entry.cas;
        const version = versions.next(entry?.kind === 'record' ? entry.version : 0n);
        const bytes = encodeRecord(this.#encode(known, wanted), version, 0);
        const outcome = await holder.store(
          cas === undefined ? 'add' : { cas },
          key,
          bytes,
          { ttlSeconds: 0, flags: RECORD_FLAGS },
          undefined,
        );
        if (outcome !== 'stored') continue;
        this.#knowing.add(holder);
        return true;
      }
    } catch {
      // Its own breaker tells of it.
    }
    return false;
  }

  #holdsView(id: string | undefined): boolean {
    return id !== undefined && this.#published.views.has(id);
  }
}
