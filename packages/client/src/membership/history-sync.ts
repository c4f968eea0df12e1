/**
 * Keeps the history in the cluster: reads it from the nodes, gives it to `Membership`, and writes it to nodes that lack
 * it. Every node holds one small record under a reserved key.
 *
 * - Read from all nodes at the start and while anything is unsettled, otherwise from one node, every interval (jittered
 *   by a quarter). In between, and behind every write, the fence of a node tells whether there is anything new.
 * - A view is published to every node in reach before anything is acknowledged on it.
 * - One round at a time; a caller that comes meanwhile waits for the next one.
 */
import type { CancelTimer } from '../clock.ts';
import type { SteadyClock } from '../steady-clock.ts';
import type { Node } from '../node/node.ts';
import type { ClusterNode } from '../cluster.ts';
import { SessClientError } from '../errors.ts';
import type { VersionSource } from '../version.ts';
import { pause } from '../pause.ts';
import type { RequestOptions } from '../transport/transport.ts';
import type { Membership } from './membership.ts';
import { HistoryCopies, type Reading } from './history-copies.ts';
import { HistoryRefused } from './history-checks.ts';
import type { Carried } from './identity.ts';
import type { HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, isNewsTo, knowsAll, latestNews, type History, type ViewEntry } from './history.ts';
import { isUsedByStrangers } from './strangers.ts';

export interface HistorySyncSetup {
  readonly membership: Membership;
  /** Every node that may hold the history, or lack it. */
  readonly nodes: () => readonly ClusterNode[];
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly versions: VersionSource;
  readonly intervalMs: number;
  /** The seals that the history is stored under. What is read under one is written under all. */
  readonly seals: readonly HistorySeal[];
  /** Whether it only reads. */
  readonly observe: boolean;
  /** The history was read. */
  readonly onLearned: () => void;
  /** A node that knew the history does not know it any more: it started anew, empty, too fast to be seen down. */
  readonly onForgotten: (nodeId: string) => void;
}

/** If the last read is older than so many intervals, the process may have missed an agreement. */
const FRESH_INTERVALS = 2;
/** How often within an interval the fence of some node is looked at. */
const POLLS_AN_INTERVAL = 5;
const LEAST_POLL_MS = 100;
/** What reading and confirming a history may cost while nothing happens: a kilobyte a second. */
const BYTES_A_MS = 1;
/** Other clients confirm their view about once an interval, and may use another interval. */
const INTERVALS_ACTED_ON = 3;
const USUAL_INTERVAL_MS = 10_000;
/** Nodes whose points are placed in one go: some ten milliseconds. */
const PLACED_AT_ONCE = 256;
/** How often a name is met that others made at the same moment. */
const MAX_NAMES = 4;

export class HistorySync {
  readonly #setup: HistorySyncSetup;
  /** One for each seal. */
  readonly #copies: readonly HistoryCopies[];
  #round: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #cancel: CancelTimer | undefined;
  #readAt = -Infinity;
  /** The same by the wall clock: the other one stands still while the machine is suspended. */
  #readAtWall = -Infinity;
  /** Reads from before this time do not count. */
  #trustedFrom = -Infinity;
  /** When the next round is due, by the clock that never runs backwards. */
  #roundAt = -Infinity;
  #published: History = EMPTY_HISTORY;
  /** Nodes that have answered. */
  readonly #heard = new Set<string>();
  #ended = false;

  constructor(setup: HistorySyncSetup) {
    this.#setup = setup;
    const { membership, clock, versions, onForgotten } = setup;
    const unconfirmedMs = FRESH_INTERVALS * setup.intervalMs;
    const accept = (history: History): Promise<void> => this.#accept(history);
    const relevant = (history: History): History => membership.relevant(history, clock.now());
    const endOf = (entry: ViewEntry): number => membership.endOf(entry);
    const isOther = (cluster: string): boolean => membership.identity.isOther(cluster);
    this.#copies = setup.seals.map(
      (seal) =>
        new HistoryCopies({
          seal,
          unsaid: membership.unsaid,
          unconfirmedMs,
          clock,
          versions,
          onForgotten,
          accept,
          relevant,
          isOther,
          endOf,
        }),
    );
  }

  /** Whether the history was read lately. */
  get isFresh(): boolean {
    const { clock, intervalMs } = this.#setup;
    const age = Math.max(clock.elapsed() - this.#readAt, clock.wall() - this.#readAtWall);
    return this.#readAt >= this.#trustedFrom && age < FRESH_INTERVALS * intervalMs;
  }

  /** Other clients may have published a change that was not read yet: reads again; until then `isFresh` is `false`. */
  distrust(): void {
    this.#trustedFrom = this.#setup.clock.elapsed();
    this.refresh().catch(() => {
      // The nodes' circuit breakers have counted the failure; the next round tries again.
    });
  }

  /**
   * Whether no earlier view can be unknown: every listed node has answered once, or one told a history that was whole
   * (what is acted on, every node is told). A process that starts while the only node that remembers is out of reach
   * must not call a session missing.
   */
  get isComplete(): boolean {
    const { membership, clock } = this.#setup;
    return membership.isComplete(clock);
  }

  /** Whether the history is fresh and the nodes have this client's view. */
  get isCurrent(): boolean {
    const { membership } = this.#setup;
    const published = this.#published.views.get(membership.current?.id ?? '');
    return (
      this.isFresh &&
      !membership.awaitsClosing &&
      published !== undefined &&
      published.ttlSeconds >= membership.ttlSeconds
    );
  }

  /**
   * The first read. If nodes have lost the history, waits until clients that still know it have had time to publish it
   * again.
   */
  async begin(): Promise<void> {
    const { membership, clock, intervalMs } = this.#setup;
    const patientUntil = clock.elapsed() + (2 * intervalMs) / POLLS_AN_INTERVAL;
    await this.refresh();
    while (!this.#ended && membership.history.forgottenAt > 0 && clock.elapsed() < patientUntil) {
      await pause(clock, LEAST_POLL_MS, undefined);
      await this.refresh();
    }
  }

  /**
   * Reads from all nodes and publishes; what comes while a round is under way waits for the one after it, which sees
   * what it saw.
   */
  refresh(): Promise<void> {
    if (this.#round === undefined) return this.#start(true);
    this.#next ??= this.#round.then(
      () => this.#start(true),
      () => this.#start(true),
    );
    return this.#next;
  }

  /** Reads the history again. Whether each of these nodes answered. */
  async relearn(nodes: readonly ClusterNode[]): Promise<boolean> {
    await this.refresh();
    return nodes.every((node) => node.fence.isKnown);
  }

  /**
   * Reads anew before a session is called missing. @throws {SessClientError} `SESS_UNAVAILABLE` when what came before
   * may still be unknown.
   */
  async catchUp(): Promise<void> {
    await this.refresh();
    if (this.isComplete) return;
    const { truncatedUntil } = this.#setup.membership.history;
    if (truncatedUntil > this.#setup.clock.now()) {
      throw new SessClientError(
        'SESS_UNAVAILABLE',
        `The list of nodes changed more often than the history of the cluster can hold; until ${new Date(truncatedUntil).toISOString()} a session may be where this client does not look. ` +
          'Change the list less often, several nodes at once, or keep sessions for a shorter time.',
      );
    }
    const silent = [...this.#setup.membership.listedIds].filter((id) => !this.#heard.has(id));
    if (silent.length === 0) {
      throw new SessClientError(
        'SESS_UNAVAILABLE',
        'The nodes have lost the history of the cluster for lack of memory, and nobody who knows it has told it again yet; a session may be where this client does not look. ' +
          'Ask again; give memcached more memory.',
      );
    }
    throw new SessClientError(
      'SESS_UNAVAILABLE',
      `${silent.join(', ')} has not answered since this client started, and no other node knows what came before; a session may be there. ` +
        'Bring it back, or take it off the list of nodes.',
      { node: silent[0] },
    );
  }

  /**
   * Whether clients use the node that keep another history: under a secret that this client does not have, or under
   * none. Goes through its keys.
   */
  isUsedByStrangers(node: Node, options: RequestOptions | undefined): Promise<boolean> {
    const { seals, clock, intervalMs } = this.#setup;
    const now = clock.now();
    const since = now - INTERVALS_ACTED_ON * Math.max(intervalMs, USUAL_INTERVAL_MS);
    const others = this.#inReach.filter((other) => other !== node);
    return isUsedByStrangers(node, others, node.keys('clients', options), { seals, since, now }, options);
  }

  /**
   * Whether records on the node may belong to clients that keep another history: they use it, or did while these could
   * still live.
   */
  isSharedWithStrangers(node: Node, options: RequestOptions | undefined): Promise<boolean> {
    const { seals, clock } = this.#setup;
    const others = this.#inReach.filter((other) => other !== node);
    return isUsedByStrangers(
      node,
      others,
      node.keys('clients', options),
      { seals, since: 'while its records live', now: clock.now() },
      options,
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
      const { membership, clock, random, intervalMs } = this.#setup;
      this.#round = undefined;
      // A long history is read less often: in between, the fence tells whether it changed.
      const paceMs = membership.isInAgreement(clock.now()) ? this.#bytes / BYTES_A_MS : 0;
      this.#roundAt = clock.elapsed() + Math.max(intervalMs, paceMs) * (0.75 + random() / 4);
      this.#schedule();
    });
    return this.#round;
  }

  #schedule(): void {
    if (this.#ended || this.#next !== undefined) return;
    const { clock, random, intervalMs } = this.#setup;
    const pollMs = Math.max(LEAST_POLL_MS, intervalMs / POLLS_AN_INTERVAL) * (0.75 + random() / 4);
    this.#cancel = clock.after(Math.min(pollMs, Math.max(0, this.#roundAt - clock.elapsed())), () => {
      this.#poll().catch(() => {
        // The nodes' circuit breakers have counted the failure; the next round tries again.
      });
    });
  }

  /** A round when it is due, or when some node shows that there is something new. */
  async #poll(): Promise<void> {
    const { membership, clock } = this.#setup;
    if (clock.elapsed() >= this.#roundAt) return this.#start(!this.isFresh || !membership.isInAgreement(clock.now()));
    const [some] = this.#some(this.#ours);
    const [startedAt, startedAtWall] = [clock.elapsed(), clock.wall()];
    const holds = await some?.fence.look().answer;
    if (holds === false && some?.health !== 'down') return this.refresh();
    // Nothing was told to the node since it was read: that is as good as reading it.
    if (holds === true && this.isFresh) {
      this.#readAt = Math.max(this.#readAt, startedAt);
      this.#readAtWall = Math.max(this.#readAtWall, startedAtWall);
    }
    if (this.#round === undefined) this.#schedule();
  }

  async #exchange(all: boolean): Promise<void> {
    const { membership, clock } = this.#setup;
    const startedAt = clock.elapsed();
    const startedAtWall = clock.wall();
    membership.identity.keepOnly((id) => membership.nodes().has(id));
    const ours = this.#ours;
    // What is of another cluster, or lost what it held, may be ours again.
    const asked = all ? this.#inReach : [...this.#some(ours), ...this.#inReach.filter((node) => !ours.includes(node))];
    const answers = await this.#ask(asked);
    const isEveryListed = [...membership.listedIds].every((id) =>
      asked.some((node, index) => node.id === id && answers[index] !== undefined),
    );
    if (isEveryListed && !this.#setup.observe) membership.identity.make();
    if (all) for (const node of this.#setup.nodes()) if (!asked.includes(node)) node.fence.actBy(undefined);
    if (answers.some((readings) => readings?.some(({ isEvicted }) => isEvicted) === true))
      membership.forgotten(clock.now());
    if (membership.listedIds.size > 0 && [...membership.listedIds].every((id) => this.#heard.has(id)))
      membership.nothingIsMissing(clock.now());
    if (answers.some((readings) => readings !== undefined)) {
      this.#readAt = startedAt;
      this.#readAtWall = startedAtWall;
      membership.endDrains(clock.now());
    }
    membership.prune(clock.now());
    this.#setup.onLearned();
    if (this.#setup.observe) return;
    const wanted = membership.wanted(clock.now());
    const silent = asked.filter((_, index) => answers[index] === undefined);
    const isAgreed = !all && membership.isInAgreement(clock.now());
    // In agreement, what is confirmed is told to one node: whoever needs to know reads them all.
    const lacks = isAgreed ? lacksNews : (history: History, told: History): boolean => !knowsAll(history, told);
    // A node that came back empty is told again at once: the history is as safe as the number of nodes that know it.
    const isOurs = new Set(this.#ours);
    const forgot = answers.some(
      (readings, index) =>
        isOurs.has(asked[index] as ClusterNode) &&
        readings?.some(
          ({ history, token }, seal) =>
            token === undefined || lacks(history, this.#copies[seal]?.byItsName(wanted) ?? wanted),
        ) === true,
    );
    if (forgot || lacks(this.#published, wanted))
      await this.#publish(
        wanted,
        this.#ours.filter((node) => !silent.includes(node)),
        isAgreed,
      );
    else if (!knowsAll(this.#published, wanted))
      await this.#publish(
        wanted,
        asked.filter((node) => isOurs.has(node) && !silent.includes(node)),
        isAgreed,
      );
  }

  /** Merges what these nodes have into `Membership`. */
  async #ask(asked: readonly ClusterNode[]): Promise<readonly (readonly Reading[] | undefined)[]> {
    const { membership, clock } = this.#setup;
    const answers = await Promise.all(asked.map((node) => this.#read(node)));
    this.#identify(asked, answers);
    const { identity } = membership;
    const histories = answers
      .flatMap((readings) => readings?.map(({ history }) => history) ?? [])
      .filter(({ cluster }) => !identity.isOther(cluster));
    if (histories.length > 0)
      clock.follow(Math.max(...histories.map((history) => latestNews(membership.history, history))));
    for (const [index, node] of asked.entries()) {
      const readings = answers[index];
      if (readings !== undefined) this.#heard.add(node.id);
      for (const { history } of readings ?? [])
        if (!identity.isOther(history.cluster)) membership.learned(history, clock.now());
      node.fence.actBy(readings?.map(({ token }) => token));
    }
    return answers;
  }

  /** Of which cluster these nodes are, by what they hold. */
  #identify(asked: readonly ClusterNode[], answers: readonly (readonly Reading[] | undefined)[]): void {
    const { membership, clock } = this.#setup;
    const carried = new Map<string, Carried>();
    for (const [index, { id }] of asked.entries()) {
      const readings = answers[index];
      if (readings !== undefined) carried.set(id, carriedBy(readings));
    }
    membership.identity.learn(carried, membership.listedIds);
    membership.aliases.learn(tokensOf(asked, answers), membership.listedIds);
    membership.identified(clock.now());
  }

  /** Whether a process of an earlier version was lately seen, beside which handovers are not finished. */
  get hasEarlierProcesses(): boolean {
    return this.#copies.some(({ hasMarklessWriters }) => hasMarklessWriters);
  }

  /** Of the longest history that is kept here. */
  get #bytes(): number {
    return Math.max(0, ...this.#copies.map(({ bytes }) => bytes));
  }

  /** Those in reach that keep the history of this cluster, or are to. */
  get #ours(): readonly ClusterNode[] {
    const gone = this.#setup.membership.state?.gone;
    return this.#inReach.filter(({ id }) => gone?.has(id) !== true);
  }

  get #inReach(): readonly ClusterNode[] {
    return this.#setup.nodes().filter((node) => node.health !== 'down');
  }

  /**
   * Whether its views can be acted on, a few at a time: what places keys is the application's to choose, and takes its
   * time for many nodes.
   *
   * @throws {HistoryRefused}
   */
  async #accept(history: History): Promise<void> {
    const { membership, clock } = this.#setup;
    const unsuitable = membership.unsuitable(history, clock.now());
    if (unsuitable !== undefined) throw new HistoryRefused('content', unsuitable);
    let placed = 0;
    for (const [id, entry] of history.views) {
      try {
        if (!membership.place(id, entry)) continue;
      } catch (cause) {
        throw new HistoryRefused(
          'content',
          `a view can't be acted on: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause,
        );
      }
      placed += entry.nodes.length;
      if (placed < PLACED_AT_ONCE) continue;
      placed = 0;
      await pause(clock, 0, undefined);
    }
  }

  /** One node, a different one each time, so that no single node is relied on. */
  #some(nodes: readonly ClusterNode[]): readonly ClusterNode[] {
    const one = nodes[Math.floor(this.#setup.random() * nodes.length)];
    return one === undefined ? [] : [one];
  }

  /** What a node has, by seal; `undefined` if it does not answer. */
  async #read(node: ClusterNode): Promise<readonly Reading[] | undefined> {
    try {
      return await Promise.all(this.#copies.map((copies) => copies.read(node)));
    } catch {
      return undefined;
    }
  }

  /** One that did not answer just now is brought up to date when it does: nobody waits for it twice. */
  async #publish(
    wanted: History,
    nodes: readonly ClusterNode[],
    isAgreed: boolean,
    attemptsLeft: number = MAX_NAMES,
  ): Promise<void> {
    const brought = await Promise.all(
      nodes.map((node) => Promise.all(this.#copies.map((copies) => copies.bring(node, wanted, isAgreed)))),
    );
    const { membership, clock } = this.#setup;
    const told = new Set(
      nodes.filter((_, index) => brought[index]?.every((outcome) => outcome === 'known' || outcome === 'told')),
    );
    for (const { id } of told) membership.identity.told(id);
    // What others told meanwhile may stand behind the new token.
    await this.#ask(
      nodes.filter((_, index) => brought[index]?.some((outcome) => outcome === 'told' || outcome === 'other')),
    );
    const ours = new Set(this.#ours);
    const isEverywhere = this.#setup.nodes().every((node) => told.has(node) || !ours.has(node));
    // A name that others made at the same moment: now it is known which of the two holds.
    const isTwin = nodes.some((node, index) => brought[index]?.includes('other') === true && ours.has(node));
    if (isTwin && attemptsLeft > 0)
      return this.#publish(membership.wanted(clock.now()), [...ours], isAgreed, attemptsLeft - 1);
    if (told.size === 0) return;
    this.#published = wanted;
    membership.learned(wanted, clock.now());
    if (isEverywhere) membership.stands(wanted, clock.now());
    this.#setup.onLearned();
  }
}

/** What the fences of these nodes showed. */
function tokensOf(
  asked: readonly ClusterNode[],
  answers: readonly (readonly Reading[] | undefined)[],
): ReadonlyMap<string, string> {
  const tokens = new Map<string, string>();
  for (const [index, { id }] of asked.entries()) {
    const token = answers[index]?.[0]?.token;
    if (token !== undefined) tokens.set(id, token.toString('latin1'));
  }
  return tokens;
}

/** Nodes mostly hold the same: their names are gathered once. */
const namesIn = new WeakMap<History, ReadonlySet<string>>();

function carriedBy(readings: readonly Reading[]): Carried {
  const named = readings.filter(({ history }) => history.cluster !== '');
  const history = (named[0] ?? readings[0])?.history ?? EMPTY_HISTORY;
  const also = named.slice(1).map((other) => other.history.cluster);
  const names =
    namesIn.get(history) ?? new Set([...history.views.values()].flatMap(({ nodes }) => nodes.map(({ id }) => id)));
  namesIn.set(history, names);
  return { cluster: history.cluster, also, isBlank: readings.every(({ isBlank }) => isBlank), names };
}

/**
 * Whether a node is to be told before others act by what it says: a view, a drain, a longer time to live, or that
 * nothing is missing.
 */
function lacksNews(history: History, wanted: History): boolean {
  return isNewsTo(history, wanted, Infinity) || (wanted.isWhole && !history.isWhole);
}
