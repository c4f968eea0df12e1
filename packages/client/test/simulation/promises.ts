/**
 * What is promised at a moment of a simulated history, and what is not: which node may be lost without losing a
 * session, what was lost that nothing is promised for, and until when an older state may be seen because somebody was
 * cut off.
 */
import { EMPTY_HISTORY, mergeHistories, type History } from '../../src/membership/history.ts';
import { zoneOf } from './application.ts';
import { decode } from '../../src/record.ts';
import { changesIn, type Account } from './ledger.ts';
import { HISTORY_KEY, historyOn } from './history-secret.ts';
import { isTombstone } from './node-invariants.ts';
import type { Stage } from './stage.ts';
import { AGREEMENT_MS, TIMEOUT_MS } from './timing.ts';
import type { Unpromised } from './unpromised.ts';
import type { VirtualNode } from './virtual-node.ts';

/** Times to live are whole seconds. */
const LIFE_SLACK_MS = 1_000;

export class Promises {
  readonly #stage: Stage;
  /** Until when a short stale read is not a fault: a node or a process was cut off. */
  #staleUntil = -Infinity;
  /** Until when processes may disagree about what is in reach. */
  #splitUntil = -Infinity;
  /** Until when a name may be another machine for one process than for another. */
  #differUntil = -Infinity;
  /** Until when a node counts as away, though it is back: until everybody acts on that. */
  readonly #awayUntil = new Map<string, number>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get staleAllowed(): boolean {
    return this.#stage.time.now < this.#staleUntil;
  }

  /** A node that one process reaches and another does not. */
  get isSplit(): boolean {
    return this.#stage.time.now < this.#splitUntil;
  }

  /** Why two writers may each be told that they wrote: they see different machines. */
  get mayLoseChanges(): Unpromised | undefined {
    if (this.isSplit) return 'processes reach different nodes';
    return this.#stage.time.now < this.#differUntil ? 'a name leads to different machines' : undefined;
  }

  /** Something is cut off for so long. */
  allowStale(forMs: number): void {
    this.#staleUntil = Math.max(this.#staleUntil, this.#stage.time.now + forMs + AGREEMENT_MS);
  }

  /** Processes differ about what is in reach for so long. */
  allowSplit(forMs: number): void {
    this.allowStale(forMs);
    this.#splitUntil = this.#staleUntil;
    this.#excuseUnlisted('processes reach different nodes');
  }

  /** A name leads to another machine, of which processes hear within so long. */
  allowDifference(forMs: number): void {
    this.allowStale(forMs);
    this.#differUntil = this.#staleUntil;
  }

  /** Nobody reaches a node for so long. */
  allowAway(id: string, forMs: number): void {
    this.allowStale(forMs);
    this.#awayUntil.set(id, this.#staleUntil);
  }

  /**
   * A node left the list. What it alone holds can still be found as long as it runs: not where a process may not reach
   * it, not where nobody has noticed yet that it is back, and not where no node that stays remembers it, because nobody
   * who knew of it was awake since the others joined.
   */
  unlisted(id: string): void {
    const { leastCopies, time } = this.#stage;
    const isAway = leastCopies === 1 && time.now < (this.#awayUntil.get(id) ?? -Infinity);
    if (this.isSplit) this.#excuseUnlisted('processes reach different nodes');
    else if (isAway) this.#excuseUnlisted('a node left before anybody noticed that it was back');
    else if (!this.isRememberedWithout(id)) this.#excuseUnlisted('the history was lost and nobody knew it');
  }

  /** Everybody agrees: from now on nothing is excused any more. */
  endAllowances(): void {
    this.#staleUntil = -Infinity;
    this.#splitUntil = -Infinity;
    this.#differUntil = -Infinity;
    this.#awayUntil.clear();
  }

  /**
   * A node whose data may be lost by what is promised: with several copies, only while everything is on enough nodes
   * that run.
   */
  loseableNode(keep: number): string | undefined {
    const { listed, network, random, leastCopies: copies } = this.#stage;
    const running = listed.filter((id) => network.nodes.get(id)?.condition === 'running' && !network.isolated.has(id));
    if (running.length < Math.max(keep, copies === 1 ? 1 : 3)) return undefined;
    // One copy fewer than there are may be away at once.
    if (copies > 1 && listed.length - running.length > copies - 2) return undefined;
    const id = random.pick(running);
    return copies > 1 && !this.#othersHoldEverything(id) ? undefined : id;
  }

  /**
   * The nodes of a zone that may be lost by what is promised: every node runs, and each session has a copy in another
   * zone.
   */
  loseableZone(): readonly string[] | undefined {
    const { listed, network, random, leastCopies, zones } = this.#stage;
    if (zones === 0 || leastCopies === 1) return undefined;
    if (listed.some((id) => network.nodes.get(id)?.condition !== 'running' || network.isolated.has(id)))
      return undefined;
    const zone = zoneOf(random.pick(listed), zones);
    const lost = listed.filter((id) => zoneOf(id, zones) === zone);
    return lost.length < listed.length && this.#othersHoldEverything(...lost) ? lost : undefined;
  }

  /**
   * A session of which fewer than so many listed nodes that run hold all that was acknowledged; `undefined` when there
   * is none.
   */
  rarest(enough: number): string | undefined {
    const { ledger, listed, network, time } = this.#stage;
    const runs = (id: string): boolean => listed.includes(id) && network.nodes.get(id)?.condition === 'running';
    return [...ledger.accounts.values()].find(
      (account) =>
        account.acknowledged.length > 0 &&
        !account.destroying &&
        account.excused === undefined &&
        account.aliveUntil > time.now &&
        this.#holdersOf(account).filter(runs).length < enough,
    )?.key;
  }

  /** A session of which this node alone holds all that was acknowledged; `undefined` when there is none. */
  onlyOn(id: string): string | undefined {
    const { ledger, time } = this.#stage;
    return [...ledger.accounts.values()].find((account) => {
      if (
        account.acknowledged.length === 0 ||
        account.destroying ||
        account.excused !== undefined ||
        account.aliveUntil <= time.now
      )
        return false;
      const holders = this.#holdersOf(account);
      return holders.length === 1 && holders[0] === id;
    })?.key;
  }

  /** Whether the history says that all the node held is elsewhere. */
  isCalledDrained(id: string): boolean {
    const { listed, network } = this.#stage;
    const histories = listed.flatMap((holder) => historyOn(network.nodes.get(holder)) ?? []);
    const latest = histories.reduce<History>(mergeHistories, EMPTY_HISTORY);
    return latest.drains.get(id)?.isDone === true;
  }

  /** Whether a node that is listed, and is not this one, remembers what came before. */
  isRememberedWithout(left?: string): boolean {
    const { listed, network } = this.#stage;
    return listed.some((id) => id !== left && network.nodes.get(id)?.get(HISTORY_KEY) !== undefined);
  }

  /** What only a node holds that has left the list, and that a process may not reach: it is not waited for. */
  #excuseUnlisted(why: Unpromised): void {
    const { ledger, listed } = this.#stage;
    for (const account of ledger.accounts.values()) {
      if (!this.#holdersOf(account).some((id) => listed.includes(id))) account.excused ??= why;
    }
  }

  /** How often anything was lost. */
  losses = 0;

  /** Acknowledged only now, because its process slept: what was lost meanwhile is lost as a moment before. */
  excuseIfLostSince(losses: number, account: Account): void {
    if (this.losses > losses && this.#holdersOf(account).length === 0) account.excused ??= 'all copies were lost';
  }

  /** Something was lost. With one copy, what only the lost node held is gone: nothing else is promised. */
  excuseLost(): void {
    this.losses += 1;
    this.#excuseWithoutCopies();
    // With one copy, that of the owner is the only one from the moment when it is written; that of the elder may be on
    // its way to be removed.
    if (this.#stage.leastCopies === 1) this.#stage.time.at(2 * TIMEOUT_MS, () => this.#excuseWithoutCopies());
    // Every node that is listed lost the history: a process that starts now can't know of others.
    if (!this.isRememberedWithout()) this.#excuseUnlisted('the history was lost and nobody knew it');
  }

  #excuseWithoutCopies(): void {
    for (const account of this.#stage.ledger.accounts.values()) {
      if (this.#holdersOf(account).length > 0) continue;
      account.excused ??= 'all copies were lost';
      if (account.destroyed && this.#hasCopyOutOfReach(account)) account.mayRevive = true;
    }
  }

  #hasCopyOutOfReach({ key }: Account): boolean {
    const { network, listed } = this.#stage;
    return [...network.nodes.values()].some(
      (node) =>
        node.get(key) !== undefined &&
        (node.condition !== 'running' || network.isolated.has(node.id) || !listed.includes(node.id)),
    );
  }

  #othersHoldEverything(...lost: readonly string[]): boolean {
    return [...this.#stage.ledger.accounts.values()].every(
      (account) =>
        account.aliveUntil <= this.#stage.time.now || this.#holdersOf(account).some((holder) => !lost.includes(holder)),
    );
  }

  /** Nodes that hold all that was acknowledged of a session. */
  #holdersOf(account: Account): readonly string[] {
    const nodes = [...this.#stage.network.nodes.values()];
    // With several copies, no owner's copy may end before its session does.
    const until =
      this.#stage.leastCopies === 1 && Number.isFinite(account.aliveUntil) ? account.aliveUntil - LIFE_SLACK_MS : 0;
    return nodes
      .filter((node) => account.acknowledged.length === 0 || holdsAll(node, account, until))
      .map(({ id }) => id);
  }
}

/**
 * `until`: a copy that ends before, virtual milliseconds, is not counted: what lies on an earlier owner ends with its
 * window.
 */
function holdsAll(node: VirtualNode, account: Account, until: number): boolean {
  const item = node.get(account.key);
  if (item === undefined || (item.expiresAt < until && !isTombstone(item.value))) return false;
  const entry = decode(
    { value: item.value, flags: item.flags, cas: { unique: item.unique, epoch: 0 }, ttlSeconds: undefined },
    node,
  );
  if (entry.kind === 'tombstone') return true;
  if (entry.kind !== 'record' || account.destroyed) return false;
  const changes = changesIn(entry.value);
  return account.acknowledged.every((change) => changes.includes(change) || account.doubtful.has(change));
}
