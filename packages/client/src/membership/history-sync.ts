/**
 * Synchronizes the history with the nodes: reads it, passes it to `Membership`, and writes it to nodes that lack it.
 * Every node holds one small record under a reserved key.
 *
 * - Reads from all nodes at the start and while anything is unsettled, otherwise from one node, every interval
 *   (jittered by a quarter). In between, and behind every write, a node's fence shows whether there is news.
 * - Publishes a view to every node in reach before anything is acknowledged under it.
 * - If a node lost its memory, renews the fences of the other nodes before it gives that node a new fence. A write may
 *   have stored its first copy on that node, where it is lost, and not yet its next copy on another node. Either the
 *   writer then sees the new fence behind its next copy and starts again, or the rereplication after this round reads
 *   that next copy.
 * - Runs one round at a time; a caller during a round waits for the next one.
 */
import type { SteadyClock } from '../steady-clock.ts';
import type { ClusterNode } from '../cluster.ts';
import type { VersionSource } from '../version.ts';
import { pause } from '../pause.ts';
import { isComplete, StaleHistories } from './completeness.ts';
import type { Membership } from './membership.ts';
import { Freshness, type Moment } from './freshness.ts';
import { HistoryCopies, type FenceUpdate, type UpdateResult } from './history-copies.ts';
import type { HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY, isNewsTo, knowsAll, latestNews, type History } from './history.ts';
import { placeViews } from './place-views.ts';
import { answered, identitiesOf, closedOnAll, isToldByAll, tokensOf, unfencedIn, type Answer } from './readings.ts';
import { LEAST_POLL_MS, POLLS_AN_INTERVAL, Rounds } from './rounds.ts';
import { unknownPast } from './unknown-past.ts';

export interface HistorySyncSetup {
  readonly membership: Membership;
  /** All nodes that may hold or lack the history. */
  readonly nodes: () => readonly ClusterNode[];
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly versions: VersionSource;
  readonly intervalMs: number;
  readonly clockSkewMs: number;
  /** The seals of the history. News read under one seal is written under all. */
  readonly seals: readonly HistorySeal[];
  /** Whether to only read. */
  readonly observe: boolean;
  /** Called when the history was read. */
  readonly onLearned: () => void;
  /** Called when a node lost the history: it restarted empty, too fast to be seen down. */
  readonly onForgotten: (nodeId: string) => void;
}

/** Limit on traffic for the history while nothing changes: one byte per millisecond, a kilobyte a second. */
const BYTES_A_MS = 1;
/** Most retries after another client named the cluster at the same time. */
const MAX_NAMES = 4;

/** After an eviction, every client that knows the history has written it again within this many intervals. */
const INTERVALS_TO_REMEMBER = 2;

export class HistorySync {
  readonly #setup: HistorySyncSetup;
  /** One per seal. */
  readonly #copies: readonly HistoryCopies[];
  readonly #freshness: Freshness;
  readonly #rounds: Rounds;
  #published: History = EMPTY_HISTORY;
  /** The number of changes of the current view when it was last published to all nodes. */
  #viewPublished = -1;
  /** Earliest time to name the cluster, by the monotonic clock: a cluster whose history was evicted has a name. */
  #namesFrom = 0;
  /** Nodes that have answered, of those that are listed or asked. */
  readonly #everAnswered = new Set<string>();
  readonly #stale: StaleHistories;

  constructor(setup: HistorySyncSetup) {
    this.#setup = setup;
    const { membership, clock, versions, onForgotten, random, intervalMs, clockSkewMs } = setup;
    this.#stale = new StaleHistories({ historyIntervalMs: intervalMs, clockSkewMs });
    this.#freshness = new Freshness(clock, intervalMs);
    this.#rounds = new Rounds({
      clock,
      random,
      intervalMs,
      exchange: (all) => this.#exchange(all),
      poll: () => this.#poll(),
      // Reads a long history less often: in between, the fence shows whether it changed.
      paceMs: () => (membership.isInAgreement(clock.now()) ? this.#bytes / BYTES_A_MS : 0),
    });
    const unconfirmedMs = this.#freshness.lastsMs;
    this.#copies = setup.seals.map(
      (seal) =>
        new HistoryCopies({
          seal,
          defaultPlacement: membership.defaultPlacement,
          unconfirmedMs,
          clock,
          versions,
          onForgotten,
          accept: (history) => placeViews(history, membership, clock),
          relevant: (history) => membership.relevant(history, clock.now()),
          isOther: (cluster) => membership.identity.isOther(cluster),
          endOf: (entry) => membership.endOf(entry),
          isWhole: () => membership.history.isWhole,
        }),
    );
  }

  /** Whether the history was read lately. */
  get isFresh(): boolean {
    return this.#freshness.isFresh;
  }

  /** Reads again, because other clients may have published a change. Until then, `isFresh` is `false`. */
  distrust(): void {
    this.#freshness.distrust();
    this.refresh().catch(() => {
      // The nodes' circuit breakers have counted the failure; the next round tries again.
    });
  }

  /**
   * Whether no earlier view can be unknown: every listed node has answered once, or one had a whole history (every node
   * gets the views in use). A process that starts while the only node with the history is out of reach must not report
   * a session missing.
   */
  get isComplete(): boolean {
    const { membership, clock } = this.#setup;
    return isComplete(membership.history, clock);
  }

  /** Whether the history is fresh and the nodes have this client's view. */
  get isCurrent(): boolean {
    const { membership } = this.#setup;
    const published = this.#published.views.get(membership.current?.id ?? '');
    return (
      this.isFresh &&
      !membership.awaitsClosing &&
      this.#viewPublished === membership.viewChanges &&
      published !== undefined &&
      published.ttlSeconds >= membership.times.longest
    );
  }

  /**
   * The first read. If nodes have lost the history, waits until clients that still know it have had time to publish it
   * again.
   */
  async begin(): Promise<void> {
    const { membership, clock, intervalMs } = this.#setup;
    const waitUntil = clock.elapsed() + (2 * intervalMs) / POLLS_AN_INTERVAL;
    await this.refresh();
    while (!this.#rounds.ended && membership.history.forgottenAt > 0 && clock.elapsed() < waitUntil) {
      await pause(clock, LEAST_POLL_MS, undefined);
      await this.refresh();
    }
  }

  /**
   * Reads from all nodes and publishes. A call during a round waits for the next one, which includes the caller's news.
   */
  refresh(): Promise<void> {
    return this.#rounds.refresh();
  }

  /** Reads the history again. Resolves to whether each of `nodes` answered. */
  async relearn(nodes: readonly ClusterNode[]): Promise<boolean> {
    await this.refresh();
    return nodes.every((node) => node.fence.isKnown);
  }

  /**
   * Reads again before a session is reported missing.
   *
   * @throws {SessClientError} `SESS_UNAVAILABLE` if an earlier view may still be unknown
   */
  async catchUp(): Promise<void> {
    await this.refresh();
    if (this.isComplete) return;
    const { membership, clock, seals } = this.#setup;
    const silent = [...membership.listedIds].filter((id) => !this.#everAnswered.has(id));
    throw unknownPast(
      membership.history.truncatedUntil,
      clock.now(),
      silent,
      seals.some(({ isSigned }) => isSigned),
    );
  }

  stop(): void {
    this.#rounds.stop();
  }

  /** Starts a round if it is due, or if a node's fence shows news. */
  async #poll(): Promise<void> {
    const { membership, clock, observe } = this.#setup;
    if (this.#rounds.isDue) {
      const needsAll = !this.isFresh || !membership.isInAgreement(clock.now()) || (observe && membership.awaitsClosing);
      return this.#rounds.begin(needsAll);
    }
    const [some] = this.#some(this.#ours);
    const checkedAt = this.#freshness.moment();
    const holds = await some?.fence.check().answer;
    if (holds === false && some?.health !== 'down') return this.refresh();
    // An unchanged fence is as good as reading the node again.
    if (holds === true && this.isFresh) this.#freshness.confirmedAt(checkedAt);
    this.#rounds.pollLater();
  }

  /** Reads the history, and writes it to the nodes that lack it. */
  async #exchange(all: boolean): Promise<void> {
    const { membership, clock, nodes, observe, onLearned } = this.#setup;
    const startedAt = this.#freshness.moment();
    const hasGap = !this.#freshness.isContinuous;
    const known = membership.nodes();
    membership.identity.keepOnly((id) => known.has(id));
    for (const id of this.#everAnswered) if (!known.has(id)) this.#everAnswered.delete(id);
    const ours = this.#ours;
    // Asks the nodes of other clusters and blank ones as well: they may belong to this cluster again.
    const asked = all ? this.#inReach : [...this.#some(ours), ...this.#inReach.filter((node) => !ours.includes(node))];
    const answers = await this.#ask(asked);
    if (hasGap) membership.caughtUp((viewId, { nodes: named }) => isToldByAll(viewId, named, answers), clock.now());
    if (all) for (const node of nodes()) if (!asked.includes(node)) node.fence.actBy(undefined);
    this.#conclude(answers, startedAt);
    if (all && observe) this.#noteClosed(answers);
    membership.prune(clock.now());
    onLearned();
    if (!observe) await this.#publishNews(answers, !all && membership.isInAgreement(clock.now()));
  }

  /** Draws conclusions from all answers of a round. */
  #conclude(answers: readonly Answer[], askedAt: Moment): void {
    const { membership, clock, observe, intervalMs } = this.#setup;
    const answering = answered(answers);
    const listed = [...membership.listedIds];
    if (answering.some(({ readings }) => readings.some(({ isEvicted }) => isEvicted))) {
      membership.historyLost(clock.now());
      this.#namesFrom = clock.elapsed() + INTERVALS_TO_REMEMBER * intervalMs;
    }
    const mayHaveName = clock.elapsed() < this.#namesFrom;
    if (!observe && !mayHaveName && listed.every((id) => answering.some(({ node }) => node.id === id)))
      membership.identity.make(listed);
    const haveAnswered = listed.length > 0 && listed.every((id) => this.#everAnswered.has(id));
    if (haveAnswered || this.#stale.haveWaited(clock.now())) membership.nothingIsMissing(clock.now());
    if (answering.length === 0) return;
    this.#freshness.readAt(askedAt);
    membership.endDrains(clock.now());
  }

  /** Forgets the views that are closed on every node, as the clients that use the cluster do. */
  #noteClosed(answers: readonly Answer[]): void {
    const { membership, clock } = this.#setup;
    const ours = new Set(this.#ours);
    const asked = answers.filter(({ node }) => ours.has(node));
    if (asked.some(({ readings }) => readings === undefined)) return;
    membership.storedEverywhere({ ...EMPTY_HISTORY, closings: closedOnAll(asked) }, clock.now());
  }

  async #publishNews(answers: readonly Answer[], isAgreed: boolean): Promise<void> {
    const { membership, clock } = this.#setup;
    const { viewChanges } = membership;
    const wanted = membership.wanted(clock.now());
    // In agreement, confirmations go to one node: a client that needs them reads all nodes.
    const lacks = isAgreed
      ? lacksNews
      : (history: History, published: History): boolean => !knowsAll(history, published);
    const ours = this.#ours;
    const isOurs = new Set(ours);
    const unfenced = new Set(unfencedIn(answers).filter((node) => isOurs.has(node)));
    const silent = new Set(answers.flatMap(({ node, readings }) => (readings === undefined ? node : [])));
    // Writes at once to a node that returned empty: each node with the history makes it safer.
    const forgot = answered(answers).some(
      ({ node, readings }) =>
        isOurs.has(node) &&
        readings.some(
          ({ history, token }, seal) =>
            token === undefined || lacks(history, this.#copies[seal]?.underItsName(wanted) ?? wanted),
        ),
    );
    const isNews = forgot || lacks(this.#published, wanted);
    if (isNews || !knowsAll(this.#published, wanted)) {
      const lacking = isNews ? ours : answers.map(({ node }) => node).filter((node) => isOurs.has(node));
      const asked = lacking.filter((node) => !silent.has(node));
      if (!(await this.#publish(wanted, asked, isAgreed, unfenced))) return;
    }
    if (!isAgreed) this.#viewPublished = viewChanges;
  }

  /** Reads these nodes and merges their histories into `Membership`. */
  async #ask(asked: readonly ClusterNode[]): Promise<readonly Answer[]> {
    const { membership, clock } = this.#setup;
    const answers = await Promise.all(asked.map((node) => this.#read(node)));
    membership.identity.learn(identitiesOf(answers), membership.listedIds);
    membership.aliases.learn(tokensOf(answers), membership.listedIds);
    membership.rotate('discovery', clock.now());
    const { identity } = membership;
    const histories = answered(answers)
      .flatMap(({ readings }) => readings.map(({ history }) => history))
      .filter(({ cluster }) => !identity.isOther(cluster));
    if (histories.length > 0) {
      const adoption = clock.follow(Math.max(...histories.map((history) => latestNews(membership.history, history))));
      if (adoption !== undefined) membership.adopted(adoption, clock.now());
    }
    const known = membership.history.isWhole ? histories : this.#stale.doubted(histories, clock.now());
    for (const history of known) membership.learned(history, clock.now());
    for (const { node, readings } of answers) {
      if (readings !== undefined) this.#everAnswered.add(node.id);
      node.fence.actBy(readings?.map(({ token }) => token));
    }
    return answers;
  }

  /** Whether a process of an earlier version was seen recently: then handovers must not be finished. */
  get hasEarlierProcesses(): boolean {
    return this.#copies.some(({ hasMarklessWriters }) => hasMarklessWriters);
  }

  /** Size of the longest history. */
  get #bytes(): number {
    return Math.max(0, ...this.#copies.map(({ bytes }) => bytes));
  }

  /** The nodes in reach that belong to this cluster. */
  get #ours(): readonly ClusterNode[] {
    const gone = this.#setup.membership.state?.gone;
    return this.#inReach.filter(({ id }) => gone?.has(id) !== true);
  }

  get #inReach(): readonly ClusterNode[] {
    return this.#setup.nodes().filter((node) => node.health !== 'down');
  }

  /** One random node, so that nothing depends on a single node. */
  #some(nodes: readonly ClusterNode[]): readonly ClusterNode[] {
    const one = nodes[Math.floor(this.#setup.random() * nodes.length)];
    return one === undefined ? [] : [one];
  }

  /** Reads a node under every seal. Never rejects. */
  async #read(node: ClusterNode): Promise<Answer> {
    try {
      return { node, readings: await Promise.all(this.#copies.map((copies) => copies.read(node))) };
    } catch {
      return { node, readings: undefined };
    }
  }

  /**
   * Writes the history to `nodes`. A node that did not answer is updated later, so that nobody waits for it twice.
   * Resolves to whether any node has it.
   *
   * @param unfenced nodes without a fence, which may have lost their memory: they come last, after the fences of the
   *   others were renewed
   */
  async #publish(
    wanted: History,
    nodes: readonly ClusterNode[],
    isAgreed: boolean,
    unfenced: ReadonlySet<ClusterNode>,
    attemptsLeft: number = MAX_NAMES,
  ): Promise<boolean> {
    const fenceOf = (node: ClusterNode): FenceUpdate =>
      unfenced.has(node) ? 'give' : unfenced.size > 0 ? 'renew' : 'keep';
    const update = (node: ClusterNode): Promise<readonly UpdateResult[]> =>
      Promise.all(this.#copies.map((copies) => copies.update(node, wanted, isAgreed, fenceOf(node))));
    const others = nodes.filter((node) => !unfenced.has(node));
    const ofOthers = new Map(await Promise.all(others.map(async (node) => [node, await update(node)] as const)));
    const results = await Promise.all(nodes.map(async (node) => ofOthers.get(node) ?? update(node)));
    const { membership, clock } = this.#setup;
    const updated = new Set(
      nodes.filter((_, index) => results[index]?.every((outcome) => outcome === 'known' || outcome === 'published')),
    );
    for (const node of updated) membership.identity.stored(node.id);
    // The new token may hide what other clients published meanwhile.
    await this.#ask(
      nodes.filter((_, index) => results[index]?.some((outcome) => outcome === 'published' || outcome === 'other')),
    );
    const ours = new Set(this.#ours);
    const isEverywhere = this.#setup.nodes().every((node) => updated.has(node) || !ours.has(node));
    // Another client named the cluster at the same time. Now this client knows which name wins.
    const isTwin = nodes.some((node, index) => results[index]?.includes('other') === true && ours.has(node));
    if (isTwin && attemptsLeft > 0)
      return this.#publish(membership.wanted(clock.now()), [...ours], isAgreed, unfenced, attemptsLeft - 1);
    if (updated.size === 0) return false;
    this.#published = wanted;
    membership.learned(wanted, clock.now());
    if (isEverywhere) membership.storedEverywhere(wanted, clock.now());
    this.#setup.onLearned();
    return true;
  }
}

/**
 * Whether the node lacks news that other clients must not miss: a view, a drain, a longer time to live, or that nothing
 * is missing.
 */
function lacksNews(history: History, wanted: History): boolean {
  return isNewsTo(history, wanted, Infinity) || (wanted.isWhole && !history.isWhole);
}
