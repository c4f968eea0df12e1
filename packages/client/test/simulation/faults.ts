/** What goes wrong in a simulated history, each kind in a few lines. */
import type { Application } from './application.ts';
import { Violation } from './ledger.ts';
import type { Promises } from './promises.ts';
import type { Rolling } from './rolling.ts';
import type { FaultKind, PlannedFault } from './scenario.ts';
import type { Stage } from './stage.ts';
import type { Traffic } from './traffic.ts';
import { AGREEMENT_MS, HISTORY_INTERVAL_MS } from './timing.ts';
import { FENCE_KEY, HISTORY_KEY } from './history-secret.ts';
import { CALM, type NetworkConditions } from './virtual-network.ts';

const SLOW: NetworkConditions = { usualDelayMs: 20, slowDelayMs: 250, slowChance: 0.2, lossChance: 0 };
const LOSSY: NetworkConditions = { usualDelayMs: 5, slowDelayMs: 5, slowChance: 0, lossChance: 0.03 };
const MAX_NODES = 6;

/** What may leave less of a session than there was, for a while or for good. */
const TAKES_COPIES: ReadonlySet<FaultKind> = new Set([
  'node leaves',
  'node is drained',
  'node crashes',
  'node restarts empty',
  'node is replaced',
  'node pauses',
  'node is cut off',
  'node returns stale',
  'fixed lists roll',
  'node retires when it is empty',
  'a record is evicted',
  'node is flushed',
  'node is out of memory',
  'node flaps',
  'node stops behind a late list',
]);

/** Does something for about so long; what it did, or `undefined` when it can't be done now. */
type Strike = (forMs: number) => string | undefined;

export class Faults {
  /** How often each kind struck. */
  readonly counts: Partial<Record<FaultKind, number>> = {};
  /** Drains that were carried through. */
  drained = 0;
  /** Nodes that were stopped, without a drain, because all handovers from them were finished. */
  retired = 0;
  /** What strikes at the next step of whoever finishes a handover. */
  #atNextStep: (() => void) | undefined;
  readonly #stage: Stage;
  readonly #promises: Promises;
  readonly #rolling: Rolling;
  readonly #traffic: Traffic;
  #rollsUntil = -Infinity;
  #isHealed = false;
  readonly #strikes: Readonly<Record<FaultKind, Strike>> = {
    'node joins': () => this.#join(),
    'node leaves': () => this.#leave(),
    'node is drained': () => this.#drain(),
    'nodes go one by one': () => this.#rolling.begin(),
    'node crashes': (forMs) => this.#crash(forMs),
    'node restarts empty': () => this.#crash(10),
    'node is replaced': (forMs) => this.#replace(forMs),
    'node pauses': (forMs) => this.#pause(forMs),
    'node is cut off': (forMs) => this.#isolate(forMs),
    'node returns stale': (forMs) => this.#hide(forMs),
    'connections are reset': () => this.#reset(),
    'process is cut off': (forMs) => this.#cutOff(forMs),
    'process freezes': (forMs) => this.#freeze(forMs),
    'process sleeps through an agreement': (forMs) => this.#freeze(AGREEMENT_MS + forMs),
    'process restarts': () => this.#restart(),
    'fixed lists roll': (forMs) => this.#roll(forMs),
    'discovery lags': (forMs) => this.#lag(forMs),
    'network is slow': (forMs) => this.#weather(SLOW, forMs),
    'messages are lost': (forMs) => this.#weather(LOSSY, forMs),
    'copies change by rolling': (forMs) => this.#changeCopies(forMs),
    'distribution changes by rolling': (forMs) => this.#changeDistribution(forMs),
    'history is evicted': () => this.#evictHistory(),
    'a record is evicted': () => this.#evictRecord(),
    'node is flushed': () => this.#flush(),
    'node is out of memory': (forMs) => this.#fill(forMs),
    'node flaps': (forMs) => this.#flap(forMs),
    'clock jumps': (forMs) => this.#jump(forMs),
    'machine is suspended': (forMs) => this.#suspend(forMs),
    'drainer dies': (forMs) => this.#drainAndDie(forMs),
    'node stops behind a late list': (forMs) => this.#stopBehindLateList(forMs),
    'fence is evicted': () => this.#evictFence(),
    'node retires when it is empty': () => this.#retire(),
    'finisher dies': (forMs) => this.#killFinisher(forMs),
  };

  constructor(stage: Stage, promises: Promises, rolling: Rolling, traffic: Traffic) {
    this.#traffic = traffic;
    this.#stage = stage;
    this.#promises = promises;
    this.#rolling = rolling;
  }

  strike({ kind, forMs }: PlannedFault): void {
    const struck = this.#strikes[kind](forMs);
    if (struck === undefined) return;
    if (TAKES_COPIES.has(kind)) this.#rolling.disturb();
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.#stage.note(() => `${kind}: ${struck}`);
  }

  /** Everything works again, and everybody hears of the same list. */
  heal(): void {
    const { network, listed, applications } = this.#stage;
    this.#stage.note(() => 'everything is healed');
    this.#isHealed = true;
    this.#rolling.disturb();
    network.cuts.clear();
    network.isolated.clear();
    network.conditions = CALM;
    for (const node of network.nodes.values()) {
      node.isFull = false;
      if (node.condition === 'paused') node.resume();
      if (node.condition === 'crashed' && listed.includes(node.id)) node.start();
    }
    // Who drained a node may have died before it was taken off the list: whoever looks after the cluster does that now.
    for (const id of listed) if (this.#promises.isCalledDrained(id)) this.#isDrained(id);
    for (const application of applications) {
      application.clock.goOn();
      application.deafUntil = -Infinity;
    }
    this.#tellAll();
  }

  #tellAll(): void {
    for (const application of this.#stage.applications) application.tell(this.#stage.topology);
  }

  stepOfFinisher(): void {
    const strike = this.#atNextStep;
    this.#atNextStep = undefined;
    strike?.();
  }

  /** Off the list, and stopped as soon as nobody asks it for anything: nothing that is on it alone is excused. */
  #retire(): string | undefined {
    const { listed, random, time } = this.#stage;
    const running = listed.filter((id) => this.#stage.network.nodes.get(id)?.condition === 'running');
    if (running.length < 2) return undefined;
    const id = random.pick(running);
    if (this.#isShared(id)) return undefined;
    this.#unlist(id);
    this.#stage.announce();
    const look = (): void => {
      if (this.#stage.listed.includes(id)) return;
      const { applications } = this.#stage;
      const isAsked = applications.some(
        ({ client, listed: own }) =>
          // Who has just started does not know yet what is open.
          client.explain('any').owners.length === 0 ||
          own.some((node) => node.id === id) ||
          client.handovers.some(({ nodes }) => nodes.includes(id)),
      );
      if (isAsked || applications.length === 0) {
        time.at(500, look);
        return;
      }
      const alone = this.#promises.onlyOn(id);
      if (alone !== undefined)
        this.#stage.violation ??= new Violation('lost', `${alone} is on ${id} alone, which nobody asks any more`);
      this.#stage.note(() => `${id} retires`);
      this.retired += 1;
      this.#stop(id);
    };
    time.at(8_000, look);
    return id;
  }

  /** At its next step, or a little later: whichever process it is, one of them ends. */
  #killFinisher(forMs: number): string {
    const { random, time, applications } = this.#stage;
    this.#atNextStep = () => {
      time.at(random.pick([0, 3, 20, forMs % 500]), () => {
        const application = random.pick(applications);
        this.#stage.note(() => `${application.name} ends while a handover is finished`);
        this.#restartOne(application);
      });
    };
    return 'at its next step';
  }

  #join(): string | undefined {
    const { listed } = this.#stage;
    if (listed.length >= MAX_NODES) return undefined;
    const id = this.#stage.startNode();
    this.#stage.list([...listed, id]);
    this.#stage.announce();
    return id;
  }

  #leave(): string | undefined {
    const id = this.#promises.loseableNode(2);
    if (id === undefined || this.#isShared(id)) return undefined;
    this.#unlist(id);
    this.#stage.announce();
    // Taken off the list first, stopped some time later, as providers do.
    this.#stage.time.at(this.#stage.random.pick([100, 3_000, 20_000]), () => this.#stop(id));
    return id;
  }

  /**
   * A node leaves the list, of which one process hears up to an interval late; it is stopped as soon as everybody has
   * heard.
   */
  #stopBehindLateList(forMs: number): string | undefined {
    const { random, applications, listed, network, time } = this.#stage;
    const id = random.pick(listed);
    if (applications.length < 2 || listed.length < 2 || this.#isShared(id)) return undefined;
    const late = random.pick(applications);
    const lateMs = forMs % HISTORY_INTERVAL_MS;
    this.#unlist(id);
    for (const application of applications) if (application !== late) application.tell(this.#stage.topology);
    late.deafUntil = time.now + lateMs;
    const informed = random.pick(applications.filter((application) => application !== late));
    time.at(lateMs / 3, () => this.#traffic.changeAndDestroy(informed, late, lateMs / 3));
    time.at(lateMs, () => late.tell(this.#stage.topology));
    time.at(lateMs + 50, () => {
      if (this.#stage.listed.includes(id)) return;
      network.nodes.get(id)?.crash();
      this.#promises.excuseLost();
    });
    return `${id}, ${late.name} hears of it after ${lateMs} ms`;
  }

  #drain(): string | undefined {
    const { random, applications, listed } = this.#stage;
    const application = random.pick(applications);
    if (listed.length < 2 || application.clock.frozen) return undefined;
    const id = random.pick(listed);
    if (this.#isShared(id)) return undefined;
    application.client.drain(id).then(
      () => this.#isDrained(id),
      (error: unknown) => this.#stage.note(() => `drain of ${id} failed: ${String(error)}`),
    );
    return id;
  }

  /** All that it holds is elsewhere: it is taken off the list, and stopped later. */
  #isDrained(id: string): void {
    const key = this.#promises.mayLoseChanges !== undefined ? undefined : this.#promises.onlyOn(id);
    if (key !== undefined)
      this.#stage.violation ??= new Violation('lost', `${key} is only on ${id}, which was called drained`);
    this.drained += 1;
    this.#rolling.disturb();
    this.#stage.note(() => `${id} is drained`);
    this.#stage.list(this.#stage.listed.filter((other) => other !== id));
    this.#stage.announce();
    // Lists may come in another order than they were announced. In peace the last word is the right one.
    if (this.#isHealed) this.#stage.time.at(5_000, () => this.#tellAll());
    this.#stage.time.at(5_000, () => this.#stop(id));
  }

  #crash(forMs: number): string | undefined {
    const id = this.#promises.loseableNode(1);
    const node = id === undefined ? undefined : this.#stage.network.nodes.get(id);
    if (node === undefined) return undefined;
    node.crash();
    this.#promises.excuseLost();
    this.#stage.time.at(forMs, () => {
      if (node.condition === 'crashed' && this.#stage.listed.includes(node.id)) node.start();
    });
    return `${node.id} for ${forMs} ms`;
  }

  /** Another machine under the same name, elsewhere; discovery lists the same names as before. */
  #replace(forMs: number): string | undefined {
    const id = this.#promises.loseableNode(1);
    const { network, time } = this.#stage;
    const node = id === undefined ? undefined : network.nodes.get(id);
    if (id === undefined || node === undefined) return undefined;
    node.crash();
    this.#promises.excuseLost();
    time.at(forMs, () => {
      if (node.condition !== 'crashed' || network.nodes.get(id) !== node || !this.#stage.listed.includes(id)) return;
      this.#stage.startMachine(id);
      this.#promises.allowDifference(this.#stage.announce());
    });
    return `${id} after ${forMs} ms`;
  }

  #pause(forMs: number): string | undefined {
    const id = this.#promises.loseableNode(1);
    const node = id === undefined ? undefined : this.#stage.network.nodes.get(id);
    if (node === undefined) return undefined;
    node.pause();
    this.#promises.allowAway(node.id, forMs);
    this.#stage.time.at(forMs, () => {
      if (node.condition === 'paused') node.resume();
    });
    return `${node.id} for ${forMs} ms`;
  }

  /** Nobody's messages reach it, and it does not refuse them. */
  #isolate(forMs: number): string | undefined {
    const id = this.#promises.loseableNode(1);
    if (id === undefined) return undefined;
    const { network, time } = this.#stage;
    network.isolated.add(id);
    this.#promises.allowAway(id, forMs);
    time.at(forMs, () => network.isolated.delete(id));
    return `${id} for ${forMs} ms`;
  }

  /** It refuses connections, and comes back with what it held, and with CAS numbers that were in use before. */
  #hide(forMs: number): string | undefined {
    const id = this.#promises.loseableNode(1);
    const node = id === undefined ? undefined : this.#stage.network.nodes.get(id);
    if (node === undefined) return undefined;
    node.hide();
    this.#promises.allowAway(node.id, forMs);
    this.#stage.time.at(forMs, () => {
      if (node.condition === 'crashed' && this.#stage.listed.includes(node.id)) node.start();
    });
    return `${node.id} after ${forMs} ms`;
  }

  #reset(): string {
    const id = this.#stage.random.pick(this.#stage.listed);
    this.#stage.network.nodes.get(id)?.resetConnections();
    return id;
  }

  #cutOff(forMs: number): string | undefined {
    const { random, applications, listed, network, time } = this.#stage;
    const application = random.pick(applications);
    const id = random.pick(listed);
    const cut = `${application.name} ${id}`;
    network.cuts.add(cut);
    this.#promises.allowSplit(forMs);
    time.at(forMs, () => network.cuts.delete(cut));
    return `${cut} for ${forMs} ms`;
  }

  #freeze(forMs: number): string | undefined {
    const application = this.#stage.random.pick(this.#stage.applications);
    if (application.clock.frozen) return undefined;
    application.clock.freeze();
    this.#promises.allowStale(forMs);
    this.#stage.time.at(forMs, () => application.clock.goOn());
    return `${application.name} for ${forMs} ms`;
  }

  #restart(): string | undefined {
    const application = this.#stage.random.pick(this.#stage.applications);
    this.#stage.restart(application);
    return application.name;
  }

  /**
   * Processes whose list is in their environment are restarted one by one with another. The two lists share a node:
   * others can not find each other.
   */
  #roll(forMs: number): string | undefined {
    const { random, applications, listed, time } = this.#stage;
    // Who jumped over a list might share no node with the one before.
    if (time.now < this.#rollsUntil) return undefined;
    const joins = listed.length < MAX_NODES && random.chance(0.7);
    const leaving = random.chance(0.5) ? this.#promises.loseableNode(2) : undefined;
    if (!joins && leaving === undefined) return undefined;
    const joining = joins ? this.#stage.startNode() : undefined;
    this.#stage.list([...listed, ...(joining === undefined ? [] : [joining])]);
    if (leaving !== undefined) this.#unlist(leaving);
    const everyMs = forMs / applications.length;
    this.#rollsUntil = time.now + forMs;
    for (const [index, application] of applications.entries())
      time.at(everyMs * (index + 1), () => this.#restartOne(application));
    if (leaving !== undefined) time.at(forMs + 5_000, () => this.#stop(leaving));
    return `${joining ?? 'nothing'} joins, ${leaving ?? 'nothing'} leaves, within ${forMs} ms`;
  }

  #changeCopies(forMs: number): string {
    const { random } = this.#stage;
    const before = this.#stage.copies;
    this.#stage.copies = random.pick([1, 2, 3].filter((copies) => copies !== before));
    this.#stage.leastCopies = Math.min(this.#stage.leastCopies, this.#stage.copies);
    this.#restartAll(forMs);
    return `${before} to ${this.#stage.copies} within ${forMs} ms`;
  }

  #changeDistribution(forMs: number): string {
    this.#stage.placement = this.#stage.placement === 'ketama' ? 'rendezvous' : 'ketama';
    this.#restartAll(forMs);
    return `${this.#stage.placement} within ${forMs} ms`;
  }

  #restartAll(withinMs: number): void {
    const { applications, time } = this.#stage;
    for (const [index, application] of applications.entries())
      time.at((withinMs / applications.length) * index, () => this.#restartOne(application));
  }

  /** On one node, or on all of them. */
  #evictHistory(): string {
    const { random, listed, network } = this.#stage;
    const ids = random.chance(0.5) ? listed : [random.pick(listed)];
    for (const id of ids) network.nodes.get(id)?.evict(HISTORY_KEY);
    return ids.join(' ');
  }

  #evictFence(): string {
    const { random, listed, network } = this.#stage;
    const id = random.pick(listed);
    network.nodes.get(id)?.evict(FENCE_KEY);
    return id;
  }

  /** A live one, of which another copy is left. Tombstones that are evicted are not promised. */
  #evictRecord(): string | undefined {
    const { random, listed, network, ledger } = this.#stage;
    const node = network.nodes.get(random.pick(listed));
    const accounts = [...ledger.accounts.values()].filter(
      ({ key, destroying }) => !destroying && node?.get(key) !== undefined,
    );
    if (node === undefined || accounts.length === 0) return undefined;
    const { key } = random.pick(accounts);
    node.evict(key);
    this.#promises.excuseLost();
    return `${key} on ${node.id}`;
  }

  #flush(): string | undefined {
    const id = this.#promises.loseableNode(1);
    const node = id === undefined ? undefined : this.#stage.network.nodes.get(id);
    if (node === undefined) return undefined;
    node.flush();
    this.#promises.excuseLost();
    return node.id;
  }

  #fill(forMs: number): string | undefined {
    const { random, listed, network, time } = this.#stage;
    const node = network.nodes.get(random.pick(listed));
    if (node === undefined) return undefined;
    node.isFull = true;
    this.#promises.allowSplit(forMs);
    time.at(forMs, () => {
      node.isFull = false;
    });
    return `${node.id} for ${forMs} ms`;
  }

  /** It goes and comes, with what it holds, for longer than a session lives. */
  #flap(forMs: number): string | undefined {
    const { random, listed, network, scenario, time } = this.#stage;
    const node = network.nodes.get(random.pick(listed));
    if (node === undefined || listed.length < 2) return undefined;
    const lastsMs = 1_500 * scenario.ttlSeconds;
    const everyMs = 2_000 + (forMs % 4_000);
    for (let at = 0; at < lastsMs; at += everyMs) {
      time.at(at, () => {
        if (node.condition === 'running' && !this.#isHealed) node.hide();
        time.at(everyMs / 2, () => {
          if (node.condition === 'crashed' && this.#stage.listed.includes(node.id)) node.start();
        });
      });
    }
    this.#promises.allowAway(node.id, lastsMs);
    return `${node.id} every ${everyMs} ms for ${lastsMs} ms`;
  }

  /** By an hour, ahead or behind, for about a second. */
  #jump(forMs: number): string | undefined {
    const { random, applications, time } = this.#stage;
    const { clock, name } = random.pick(applications);
    const right = clock.skewMs;
    if (Math.abs(right) > 60_000) return undefined;
    const off = random.pick([-3_600_000, 3_600_000]);
    clock.skewMs = right + off;
    time.at(Math.min(forMs, 1_500), () => {
      clock.skewMs = right;
    });
    return `${name} by ${off} ms for ${Math.min(forMs, 1_500)} ms`;
  }

  #suspend(forMs: number): string | undefined {
    const { clock, name } = this.#stage.random.pick(this.#stage.applications);
    if (clock.frozen) return undefined;
    const lastsMs = AGREEMENT_MS + forMs;
    clock.suspend();
    this.#promises.allowStale(lastsMs);
    this.#stage.time.at(lastsMs, () => clock.goOn());
    return `${name} for ${lastsMs} ms`;
  }

  /** The process that drains a node ends, as one that crashed, before or after all was carried. */
  #drainAndDie(forMs: number): string | undefined {
    const { random, applications, listed, time } = this.#stage;
    const application = random.pick(applications);
    if (listed.length < 2 || application.clock.frozen) return undefined;
    const id = random.pick(listed);
    if (this.#isShared(id)) return undefined;
    let isOver = false;
    application.client.drain(id).then(
      () => {
        isOver = true;
        return application.alive ? this.#isDrained(id) : undefined;
      },
      () => {
        isOver = true;
      },
    );
    time.at(forMs % 6_000, () => {
      if (!isOver) this.#restartOne(application);
    });
    return `${application.name} drains ${id} and ends after ${forMs % 6_000} ms`;
  }

  #restartOne(application: Application): void {
    if (application.alive) this.#stage.restart(application);
  }

  /** One process hears of no change for so long. */
  #lag(forMs: number): string {
    const { random, applications, time } = this.#stage;
    const application = random.pick(applications);
    application.deafUntil = time.now + forMs;
    time.at(forMs, () => application.tell(this.#stage.topology));
    return `${application.name} for ${forMs} ms`;
  }

  #weather(conditions: NetworkConditions, forMs: number): string {
    const { network, time } = this.#stage;
    // Slow enough, and one process ejects a node that another still reads.
    this.#promises.allowSplit(forMs);
    network.conditions = conditions;
    time.at(forMs, () => {
      network.conditions = this.#stage.usualWeather;
    });
    return `for ${forMs} ms`;
  }

  /**
   * Whether a roll is going on whose two lists share this node alone: it is to stay, or who has one list never hears of
   * the other.
   */
  #isShared(id: string): boolean {
    return this.#stage.time.now < this.#rollsUntil && !this.#promises.isRememberedWithout(id);
  }

  #unlist(id: string): void {
    this.#stage.list(this.#stage.listed.filter((listed) => listed !== id));
    this.#promises.unlisted(id);
  }

  #stop(id: string): void {
    if (this.#stage.listed.includes(id)) return;
    this.#stage.network.nodes.get(id)?.crash();
    this.#promises.excuseLost();
  }
}
