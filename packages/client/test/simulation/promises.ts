/**
 * What is promised at each moment of a simulated history: which node may be lost without losing a session, which losses
 * no promise covers, and until when a read may return an older state because a process or node was cut off.
 */
import { EMPTY_HISTORY, mergeHistories, type DrainMark, type History } from '../../src/membership/history.ts';
import { zoneOf, type Application } from './application.ts';
import { decode } from '../../src/record.ts';
import { changesIn, type Account } from './ledger.ts';
import { HISTORY_KEY, historyOn } from './history-secret.ts';
import { isTombstone } from './node-invariants.ts';
import { Lives, SAME_LIFE_MS } from './lives.ts';
import type { Stage } from './stage.ts';
import { AGREEMENT_MS, TIMEOUT_MS } from './timing.ts';
import type { Unpromised } from './unpromised.ts';
import type { VirtualNode } from './virtual-node.ts';

const NOTHING = Buffer.alloc(0);

export class Promises {
  readonly #stage: Stage;
  readonly lives: Lives;
  /** Until when a stale read is no fault, because a node or process was cut off. */
  #staleUntil = -Infinity;
  /** Until when processes may reach different nodes. */
  #splitUntil = -Infinity;
  /** Until when a name may lead processes to different machines. */
  #differUntil = -Infinity;
  /** Until when a returned node still counts as away, because not all processes act on its return. */
  readonly #awayUntil = new Map<string, number>();
  /** By the keys of destroyed sessions. */
  readonly #awayWhenDestroyed = new Map<string, Set<string>>();

  constructor(stage: Stage) {
    this.#stage = stage;
    this.lives = new Lives(stage);
    stage.onEnd = () => this.#excuseForgotten();
  }

  get staleAllowed(): boolean {
    return this.#stage.time.now < this.#staleUntil;
  }

  /** Whether processes may reach different nodes. */
  get isSplit(): boolean {
    return this.#stage.time.now < this.#splitUntil;
  }

  /** Why two conflicting writes may both be acknowledged: the writers reach different machines. */
  get mayLoseChanges(): Unpromised | undefined {
    if (this.isSplit) return 'processes reach different nodes';
    return this.#stage.time.now < this.#differUntil ? 'a name leads to different machines' : undefined;
  }

  /** A node or process is cut off for `forMs`. */
  allowStale(forMs: number): void {
    this.#staleUntil = Math.max(this.#staleUntil, this.#stage.time.now + forMs + AGREEMENT_MS);
  }

  /** Processes reach different nodes for `forMs`. */
  allowSplit(forMs: number): void {
    this.allowStale(forMs);
    this.#splitUntil = this.#staleUntil;
    this.#excuseUnlisted('processes reach different nodes');
  }

  /** A name leads to another machine, which all processes learn within `forMs`. */
  allowDifference(forMs: number): void {
    this.allowStale(forMs);
    this.#differUntil = this.#staleUntil;
  }

  /** No process reaches the node for `forMs`. */
  allowAway(id: string, forMs: number): void {
    this.allowStale(forMs);
    this.#awayUntil.set(id, this.#staleUntil);
  }

  /**
   * A node left the list. Sessions that only it holds can be read while it runs, except if a process does not reach it,
   * if no process has noticed its return, or if no remaining node has the history, because no process that knew it was
   * awake since the others joined.
   */
  unlisted(id: string): void {
    const { leastCopies, time } = this.#stage;
    const isAway = leastCopies === 1 && time.now < (this.#awayUntil.get(id) ?? -Infinity);
    if (this.isSplit) this.#excuseUnlisted('processes reach different nodes');
    else if (isAway) this.#excuseUnlisted('a node left before anybody noticed that it was back');
    else if (!this.isRememberedWithout(id)) this.#excuseUnlisted('the history was lost and nobody knew it');
  }

  /** All processes agree: ends all allowances. */
  endAllowances(): void {
    this.#staleUntil = -Infinity;
    this.#splitUntil = -Infinity;
    this.#differUntil = -Infinity;
    this.#awayUntil.clear();
  }

  /** A node whose loss the promises cover: with several copies, only while enough running nodes hold everything. */
  loseableNode(keep: number): string | undefined {
    const { listed, network, random, leastCopies: copies } = this.#stage;
    const running = listed.filter((id) => network.nodes.get(id)?.condition === 'running' && !network.isolated.has(id));
    if (running.length < Math.max(keep, copies === 1 ? 1 : 3)) return undefined;
    // At most `copies - 1` nodes may be away at once.
    if (copies > 1 && listed.length - running.length > copies - 2) return undefined;
    const id = random.pick(running);
    return copies > 1 && !this.#othersHoldEverything(id) ? undefined : id;
  }

  /**
   * The nodes of a zone whose loss the promises cover: every node runs, and each session has a copy in another zone.
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
   * Whether the promises cover that these nodes are stopped at once: one that stays runs and has the history, and with
   * several copies, each session has one on a node that stays.
   */
  mayAllLeave(ids: readonly string[]): boolean {
    const { listed, network, leastCopies } = this.#stage;
    const staying = listed.filter((id) => !ids.includes(id));
    if (staying.some((id) => network.nodes.get(id)?.condition !== 'running' || network.isolated.has(id))) return false;
    const remembers = staying.some((id) => network.nodes.get(id)?.get(HISTORY_KEY) !== undefined);
    return remembers && (leastCopies === 1 || this.#othersHoldEverything(...ids));
  }

  /** A session that fewer than `enough` running, listed nodes hold completely; `undefined` if there is none. */
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

  /** A session that only this node holds completely; `undefined` if there is none. */
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

  /** Whether the history says that the node is drained. */
  isCalledDrained(id: string): boolean {
    return this.#drainOf(id)?.isDone === true;
  }

  #drainOf(id: string): DrainMark | undefined {
    const { listed, network } = this.#stage;
    const histories = listed.flatMap((holder) => historyOn(network.nodes.get(holder)) ?? []);
    return histories.reduce<History>(mergeHistories, EMPTY_HISTORY).drains.get(id);
  }

  /** Whether a listed node other than `left` has the history. */
  isRememberedWithout(left?: string): boolean {
    const { listed, network } = this.#stage;
    return listed.some((id) => id !== left && network.nodes.get(id)?.get(HISTORY_KEY) !== undefined);
  }

  /** Excuses the sessions that only unlisted nodes hold, because a process may not reach those. */
  #excuseUnlisted(why: Unpromised): void {
    const { ledger, listed } = this.#stage;
    for (const account of ledger.accounts.values()) {
      if (!this.#holdersOf(account).some((id) => listed.includes(id))) account.excused ??= why;
    }
  }

  /** The nodes that do not run, and may return with old data. */
  get away(): readonly string[] {
    return [...this.#stage.network.nodes.values()]
      .filter(({ condition }) => condition !== 'running')
      .map(({ id }) => id);
  }

  /** A session was destroyed while these nodes were away. */
  destroyed({ key }: Account, away: readonly string[]): void {
    this.#awayWhenDestroyed.set(key, new Set(away));
  }

  /** Whether only nodes that were away still hold the destroyed session, and the process reaches none that knows better. */
  isDeletionOutOfReach({ key }: Account, { client }: Application): boolean {
    const away = this.#awayWhenDestroyed.get(key);
    const knowing = this.#knowing(key);
    const others = [...this.#stage.network.nodes.values()].filter(
      (node) => node.get(key) !== undefined && !knowing.includes(node),
    );
    const isOutOfReach = knowing.length > 0 && knowing.every(({ id }) => client.topology.states.get(id) === 'down');
    return isOutOfReach && others.every(({ id }) => away?.has(id) === true);
  }

  /** The nodes with the session's tombstone. */
  #knowing(key: string): readonly VirtualNode[] {
    return [...this.#stage.network.nodes.values()].filter((node) => isTombstone(node.get(key)?.value ?? NOTHING));
  }

  /** Number of losses so far. */
  losses = 0;

  /** A write was acknowledged late because its process slept: excuses a loss that happened meanwhile. */
  excuseIfLostSince(losses: number, account: Account): void {
    if (this.losses > losses) this.#excuseWithoutCopies(account);
  }

  /** `loss` takes copies away. */
  lose(loss: () => void): void {
    const before = [...this.#stage.ledger.accounts.values()].map(
      (account) => [account, this.#isInReach(account), this.#holdersOf(account).length] as const,
    );
    this.loseMemory(loss);
    for (const [account, wasInReach, copies] of before) {
      const left = this.#holdersOf(account);
      if (left.length < copies) account.changesOfLostCopy = account.acknowledged.length;
      if (left.length === 0) continue;
      if (wasInReach && !this.#isInReach(account)) account.mayGoBack = true;
      // The drain may have copied the session already.
      if (left.length < copies && left.every((id) => this.#drainOf(id)?.drained === true))
        account.excused ??= 'only an earlier owner is left';
    }
  }

  /**
   * What a node held is gone. Excuses the sessions without any copy left, and destroyed ones that are read again because
   * their only tombstone is gone, if old copies are only on nodes that were away when they were destroyed.
   */
  loseMemory(loss: () => void): void {
    const tombstones = [...this.#awayWhenDestroyed].map(([key, away]) => ({ key, away, on: this.#knowing(key) }));
    loss();
    for (const { key, away, on } of tombstones) {
      // A copy that is on such a node later was restored from one that was away.
      for (const node of on) if (node.get(key) === undefined) away.add(node.id);
      const account = this.#stage.ledger.accounts.get(key);
      if (account === undefined || on.length === 0 || this.#knowing(key).length > 0) continue;
      const holders = [...this.#stage.network.nodes.values()].filter((node) => node.get(key) !== undefined);
      if (holders.length > 0 && holders.every(({ id }) => away.has(id))) account.mayRevive = true;
    }
    this.excuseLost();
  }

  /**
   * Whether a change may be made without the `missing` ones: a copy with them was lost, and no node in reach has another.
   */
  mayGoBack(account: Account, missing: readonly number[]): boolean {
    if (account.mayGoBack) return true;
    const wereOnLostCopy = missing.every((change) => {
      const at = account.acknowledged.indexOf(change);
      return at >= 0 && at < account.changesOfLostCopy;
    });
    if (!wereOnLostCopy) return false;
    return ![...this.#stage.network.nodes.values()].some(
      (node) => this.#isNodeInReach(node.id) && holdsAll(node, { ...account, acknowledged: [...missing] }, 0),
    );
  }

  #isNodeInReach(id: string): boolean {
    const { network, listed } = this.#stage;
    return listed.includes(id) && network.nodes.get(id)?.condition === 'running' && !network.isolated.has(id);
  }

  /** Whether a running, listed node in reach holds the session completely. */
  #isInReach(account: Account): boolean {
    return this.#holdersOf(account).some((id) => this.#isNodeInReach(id));
  }

  /** Copies were lost: excuses the sessions without any copy left. */
  excuseLost(): void {
    this.losses += 1;
    const excuse = (): void => {
      for (const account of this.#stage.ledger.accounts.values()) this.#excuseWithoutCopies(account);
    };
    excuse();
    // With one copy, the owner's is the only one from the moment it is written; the elder's may be about to be
    // removed.
    if (this.#stage.leastCopies === 1) this.#stage.time.at(2 * TIMEOUT_MS, excuse);
    // Every listed node lost the history: a process that starts now can't know other nodes.
    if (!this.isRememberedWithout()) this.#excuseUnlisted('the history was lost and nobody knew it');
  }

  /**
   * A process ended. If every node has lost the history and no process is left that knew it, nobody looks for the
   * sessions that only earlier owners hold.
   */
  #excuseForgotten(): void {
    const { applications, ledger, listed, network } = this.#stage;
    const histories = listed.flatMap((id) => historyOn(network.nodes.get(id)) ?? []);
    if (histories.some(({ isWhole, forgottenAt }) => isWhole || forgottenAt === 0)) return;
    for (const account of ledger.accounts.values()) {
      const holders = this.#holdersOf(account);
      const asked = applications.flatMap(({ client }) => {
        const { owners, elders } = client.explain(account.key);
        return [...owners, ...elders];
      });
      if (!holders.some((id) => asked.includes(id))) account.excused ??= 'the history was lost and nobody knew it';
    }
  }

  /** Excuses a session without any copy left. If only brief ones are left, it lives as long as they do. */
  #excuseWithoutCopies(account: Account): void {
    const brief = this.lives.briefOn(account);
    const ends = [...this.#stage.network.nodes.values()]
      .filter((node) => holdsAll(node, account, 0))
      .map((node) => (brief.has(node.id) ? (node.get(account.key)?.expiresAt ?? 0) : Infinity));
    if (ends.length === 0 && account.acknowledged.length > 0) {
      account.excused ??= 'all copies were lost';
      if (account.destroyed && this.#hasCopyOutOfReach(account)) account.mayRevive = true;
    } else if (Math.max(...ends) < account.aliveUntil && Number.isFinite(account.aliveUntil)) {
      account.aliveUntil = Math.max(...ends);
      this.#stage.excuse('only an earlier owner is left');
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

  /** Nodes that hold a session completely, and for as long as it must last there. */
  #holdersOf(account: Account): readonly string[] {
    const nodes = [...this.#stage.network.nodes.values()];
    if (account.acknowledged.length === 0) return nodes.map(({ id }) => id);
    const brief = this.lives.briefOn(account);
    return nodes
      .filter((node) => holdsAll(node, account, brief.has(node.id) ? account.aliveUntil - SAME_LIFE_MS : 0))
      .map(({ id }) => id);
  }
}

/**
 * @param until copies that expire before do not count, virtual milliseconds
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
