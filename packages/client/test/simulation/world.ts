/** Several real clients over virtual nodes, driven from one seed. */
import { createClient } from '../../src/client.ts';
import type { Client } from '../../src/contract.ts';
import type { Topology, TopologyListener, Watch } from '@sess/discovery';
import { codeOf } from '../../src/node/breaker.ts';
import { decode } from '../../src/record.ts';
import { changesIn, Ledger, valueOf, Violation, type Account } from './ledger.ts';
import { mutated, type Mutation } from './mutation.ts';
import { Random } from './random.ts';
import { scenarioOf, type FaultKind, type PlannedFault, type Scenario } from './scenario.ts';
import { VirtualNetwork, type NetworkConditions, type NetworkCounts } from './virtual-network.ts';
import { VirtualNode } from './virtual-node.ts';
import { EPOCH_MS, ProcessClock, VirtualTime } from './virtual-time.ts';

const TIMEOUT_MS = 100;
const HISTORY_INTERVAL_MS = 2_000;
const CLOCK_SKEW_MS = 300;
const TTL_SECONDS = 120;
/** Three intervals, the skew, and the time for the last of it to be heard of. */
const AGREEMENT_MS: number = 4 * HISTORY_INTERVAL_MS + CLOCK_SKEW_MS + 2_000;
const CALM: NetworkConditions = { usualDelayMs: 2, slowDelayMs: 2, slowChance: 0, lossChance: 0 };

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly network: NetworkCounts;
  readonly operations: { acknowledged: number; refused: number; conflicts: number; drained: number };
  /** What happened, in order, for the reader of a failure. */
  readonly log: readonly string[];
}

interface Process {
  name: string;
  clock: ProcessClock;
  client: Client;
  listener: TopologyListener | undefined;
  listed: readonly string[];
  random: Random;
  alive: boolean;
}

export interface WorldOptions {
  /** Instead of the one that the seed draws. */
  readonly scenario?: Scenario;
  readonly mutation?: Mutation;
}

export class World {
  readonly scenario: Scenario;
  readonly #mutation: Mutation | undefined;
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #network: VirtualNetwork;
  readonly #ledger = new Ledger();
  readonly #processes: Process[] = [];
  readonly #faults: Partial<Record<FaultKind, number>> = {};
  readonly #operations = { acknowledged: 0, refused: 0, conflicts: 0 };
  readonly #log: string[] = [];
  #listed: string[] = [];
  #violation: Violation | undefined;
  #nextNode = 1;
  #nextChange = 1;
  #nextKey = 1;
  #nextProcess = 1;
  #busy = 0;
  /** Until when a short stale read is not a fault: a node or a process was cut off. */
  #staleUntil = -Infinity;
  /** Until when processes may disagree about what is in reach. */
  #splitUntil = -Infinity;
  #drained = 0;
  #traffic = true;

  constructor(seed: number, { scenario, mutation }: WorldOptions = {}) {
    const random = new Random(seed);
    const drawn = scenarioOf(seed, random.fork());
    this.scenario = scenario ?? drawn;
    this.#mutation = mutation;
    this.#random = random;
    this.#network = new VirtualNetwork(this.#time, random.fork(), { ...CALM, usualDelayMs: 5 });
  }

  async run(): Promise<Outcome> {
    const { scenario } = this;
    for (let index = 0; index < scenario.nodes; index += 1) this.#listed.push(this.#startNode());
    for (let index = 0; index < scenario.processes; index += 1) this.#startProcess();
    for (const fault of scenario.faults) this.#time.at(fault.at, () => this.#strike(fault));
    await this.#pass(scenario.durationMs);
    this.#heal();
    await this.#pass(AGREEMENT_MS);
    this.#traffic = false;
    await this.#pass(2_000);
    this.#staleUntil = -Infinity;
    this.#splitUntil = -Infinity;
    // Twice: the first reading carries what was in doubt, the second finds it carried.
    for (let round = 0; round < 2; round += 1) await this.#readEverything();
    if (this.#violation !== undefined) this.#describe();
    for (const process of this.#processes) process.client.destroy();
    return {
      seed: scenario.seed,
      violation: this.#violation,
      faults: this.#faults,
      network: this.#network.counts,
      operations: { ...this.#operations, drained: this.#drained },
      log: this.#log,
    };
  }

  async #pass(durationMs: number): Promise<void> {
    const until = this.#time.now + durationMs;
    while (this.#violation === undefined && (await this.#time.step(until)));
  }

  // --- nodes and processes

  #startNode(): string {
    const id = `node-${this.#nextNode++}:11211`;
    const node = new VirtualNode(id, this.#time);
    node.onReplace = (key, before, after) => this.#watchReplacement(id, key, before, after);
    this.#network.nodes.set(id, node);
    return id;
  }

  #startProcess(): void {
    const name = `process-${this.#nextProcess++}`;
    const random = this.#random.fork();
    const clock = new ProcessClock(this.#time, Math.floor((random.next() - 0.5) * CLOCK_SKEW_MS));
    const process: Process = { name, clock, client: undefined as never, listener: undefined, listed: this.#listed, random, alive: true };
    const { copies } = this.scenario;
    process.client = createClient({
      discovery: { watch: (listener) => this.#watchOf(process, listener) },
      transport: mutated(this.#network.transportOf(name, clock), this.#mutation),
      timeoutMs: TIMEOUT_MS,
      connectTimeoutMs: TIMEOUT_MS,
      probeIntervalMs: 1_000,
      maxProbePauseMs: 1_500,
      copies,
      handover: { windowSeconds: TTL_SECONDS, clockSkewMs: CLOCK_SKEW_MS },
      historyIntervalMs: HISTORY_INTERVAL_MS,
      clock,
      random: () => random.next(),
    });
    this.#processes.push(process);
    this.#scheduleTraffic(process);
  }

  #watchOf(process: Process, listener: TopologyListener): Watch {
    process.listener = listener;
    const topology = (): Topology => ({ nodes: process.listed.map((id) => ({ id, host: id.slice(0, id.indexOf(':')), port: 11211 })) });
    const ready = new Promise<Topology>((resolve) => {
      this.#time.at(1, () => {
        listener.topology(topology());
        resolve(topology());
      });
    });
    return { ready: () => ready, refresh: () => Promise.resolve(), close: () => undefined };
  }

  /** Discovery reaches every process at its own time. */
  #announce(): void {
    const listed = [...this.#listed];
    for (const process of this.#processes) {
      this.#time.at(this.#random.next() * this.#random.pick([50, 500, 4_000]), () => this.#tell(process, listed));
    }
  }

  #tell(process: Process, listed: readonly string[]): void {
    process.clock.run(() => {
      process.listed = listed;
      process.listener?.topology({ nodes: listed.map((id) => ({ id, host: id.slice(0, id.indexOf(':')), port: 11211 })) });
    });
  }

  // --- traffic

  #scheduleTraffic(process: Process): void {
    this.#time.at(20 + process.random.next() * 700, () => {
      if (!process.alive || this.#violation !== undefined) return;
      if (this.#traffic && !process.clock.frozen) this.#operate(process);
      this.#scheduleTraffic(process);
    });
  }

  #operate(process: Process): void {
    const accounts = [...this.#ledger.accounts.values()];
    const { random } = process;
    if (accounts.length < this.scenario.keys && random.chance(0.4)) this.#perform(process, 'create', () => this.#create(process));
    else if (accounts.length > 0) {
      const account = random.pick(accounts);
      const dice = random.next();
      if (dice < 0.45) this.#perform(process, 'change', () => this.#change(process, account));
      else if (dice < 0.8) this.#perform(process, 'read', () => this.#read(process, account));
      else if (dice < 0.9) this.#perform(process, 'touch', () => this.#touch(process, account));
      else if (dice < 0.94) this.#perform(process, 'destroy', () => this.#destroy(process, account));
    }
  }

  #perform(process: Process, what: string, operation: () => Promise<string>): void {
    this.#busy += 1;
    operation().then(
      (text) => {
        this.#busy -= 1;
        this.#operations.acknowledged += 1;
        return this.#note(`${process.name} ${what}: ${text}`);
      },
      (error: unknown) => {
        this.#busy -= 1;
        if (error instanceof Violation) this.#violation ??= error;
        else {
          const code = codeOf(error);
          if (code === undefined) this.#violation ??= new Violation('lost', `${what} failed with ${String((error as Error).stack)}`);
          if (code === 'SESS_CONFLICT') this.#operations.conflicts += 1;
          else this.#operations.refused += 1;
          this.#note(`${process.name} ${what}: ${code} ${(error as Error).message}`);
        }
      },
    );
  }

  async #create(process: Process): Promise<string> {
    const account = this.#ledger.open(`s/${this.#nextKey++}`);
    const change = this.#nextChange++;
    await process.client.set(account.key, valueOf([change]), { ttlSeconds: TTL_SECONDS, expect: 'absent' });
    account.acknowledged.push(change);
    return `${account.key} = ${change}`;
  }

  async #change(process: Process, account: Account): Promise<string> {
    const begun = this.#ledger.begin(account);
    const record = await process.client.get(account.key);
    const found = record === undefined ? undefined : changesIn(record.value);
    this.#check(begun, found, process);
    if (record === undefined || found === undefined) return `${account.key} is missing`;
    const change = this.#nextChange++;
    const destroyedBefore = account.destroyed;
    await process.client.set(account.key, valueOf([...found, change]), { ttlSeconds: TTL_SECONDS, expect: record });
    // A node that one process reaches and another does not: until they agree, each may see and change what it reaches.
    if (this.#time.now < this.#splitUntil) return `${account.key} = ${[...found, change].join(',')}, split`;
    if (destroyedBefore && !account.excused) throw new Violation('revived', `${process.name} changed ${account.key}, which was destroyed`);
    const missing = account.excused ? [] : account.acknowledged.slice(0, begun.changes).filter((known) => !found.includes(known));
    if (missing.length > 0) throw new Violation('older state', `${process.name} replaced ${account.key} without ${missing.join(',')}`);
    account.acknowledged.push(change);
    return `${account.key} = ${[...found, change].join(',')}`;
  }

  async #read(process: Process, account: Account): Promise<string> {
    const begun = this.#ledger.begin(account);
    const record = await process.client.get(account.key);
    const found = record === undefined ? undefined : changesIn(record.value);
    this.#check(begun, found, process);
    return `${account.key} = ${found?.join(',') ?? 'missing'}`;
  }

  async #touch(process: Process, account: Account): Promise<string> {
    return `${account.key}: ${String(await process.client.touch(account.key, TTL_SECONDS))}`;
  }

  async #destroy(process: Process, account: Account): Promise<string> {
    account.destroying = true;
    await process.client.delete(account.key, { ttlSeconds: TTL_SECONDS });
    account.destroyed = true;
    return account.key;
  }

  #check(begun: ReturnType<Ledger['begin']>, found: readonly number[] | undefined, process: Process): void {
    const { now } = this.#time;
    this.#ledger.check(begun, found, process.name, { older: now < this.#staleUntil, revived: now < this.#splitUntil });
  }

  async #readEverything(): Promise<void> {
    for (const process of this.#processes) {
      for (const account of this.#ledger.accounts.values()) {
        if (this.#violation !== undefined) return;
        this.#perform(process, 'last read', () => this.#read(process, account));
        const until = this.#time.now + 20 * TIMEOUT_MS;
        while (this.#busy > 0 && (await this.#time.step(until)));
      }
    }
  }

  // --- faults

  #strike({ kind, forMs }: PlannedFault): void {
    const struck = this.#fault(kind, forMs);
    if (struck === undefined) return;
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    this.#note(`${kind}: ${struck}`);
  }

  #fault(kind: FaultKind, forMs: number): string | undefined {
    switch (kind) {
      case 'node joins':
        return this.#join();
      case 'node leaves':
        return this.#leave();
      case 'node is drained':
        return this.#drain();
      case 'node crashes':
        return this.#crash(forMs);
      case 'node restarts empty':
        return this.#crash(10);
      case 'node is replaced':
        return this.#crash(0);
      case 'node pauses':
        return this.#pause(forMs);
      case 'process is cut off':
        return this.#cutOff(forMs);
      case 'process freezes':
        return this.#freeze(forMs);
      case 'process restarts':
        return this.#restart();
      case 'network is slow':
        return this.#weather({ usualDelayMs: 20, slowDelayMs: 250, slowChance: 0.2, lossChance: 0 }, forMs);
      case 'messages are lost':
        return this.#weather({ usualDelayMs: 5, slowDelayMs: 5, slowChance: 0, lossChance: 0.03 }, forMs);
    }
  }

  #join(): string | undefined {
    if (this.#listed.length >= 6) return undefined;
    const id = this.#startNode();
    this.#listed = [...this.#listed, id];
    this.#announce();
    return id;
  }

  #leave(): string | undefined {
    const id = this.#loseableNode(2);
    if (id === undefined) return undefined;
    this.#listed = this.#listed.filter((listed) => listed !== id);
    this.#announce();
    if (this.#time.now < this.#splitUntil) this.#excuseUnlisted();
    // Taken off the list first, stopped some time later, as providers do.
    this.#time.at(this.#random.pick([100, 3_000, 20_000]), () => this.#stop(id));
    return id;
  }

  #drain(): string | undefined {
    const process = this.#random.pick(this.#processes);
    if (this.#listed.length < 2 || process.clock.frozen) return undefined;
    const id = this.#random.pick(this.#listed);
    process.client.drain(id).then(
      () => {
        this.#drained += 1;
        this.#note(`${id} is drained`);
        this.#listed = this.#listed.filter((listed) => listed !== id);
        this.#announce();
        return this.#time.at(5_000, () => this.#stop(id));
      },
      (error: unknown) => this.#note(`drain of ${id} failed: ${String(error)}`),
    );
    return id;
  }

  #crash(forMs: number): string | undefined {
    const id = this.#loseableNode(1);
    if (id === undefined) return undefined;
    const node = this.#network.nodes.get(id);
    node?.crash();
    this.#excuse();
    this.#time.at(forMs, () => {
      if (node?.condition === 'crashed' && this.#listed.includes(id)) node.start();
    });
    return `${id} for ${forMs} ms`;
  }

  #stop(id: string): void {
    const node = this.#network.nodes.get(id);
    if (node === undefined || this.#listed.includes(id)) return;
    node.crash();
    this.#excuse();
  }

  #pause(forMs: number): string | undefined {
    const id = this.#loseableNode(1);
    const node = id === undefined ? undefined : this.#network.nodes.get(id);
    if (node === undefined) return undefined;
    node.pause();
    this.#allowStale(forMs);
    this.#time.at(forMs, () => {
      if (node.condition === 'paused') node.resume();
    });
    return `${node.id} for ${forMs} ms`;
  }

  #cutOff(forMs: number): string | undefined {
    const process = this.#random.pick(this.#processes);
    const id = this.#random.pick(this.#listed);
    const cut = `${process.name} ${id}`;
    this.#network.cuts.add(cut);
    this.#allowStale(forMs);
    this.#splitUntil = this.#staleUntil;
    this.#excuseUnlisted();
    this.#time.at(forMs, () => this.#network.cuts.delete(cut));
    return `${cut} for ${forMs} ms`;
  }

  #freeze(forMs: number): string | undefined {
    const process = this.#random.pick(this.#processes);
    if (process.clock.frozen) return undefined;
    process.clock.freeze();
    this.#allowStale(forMs);
    this.#time.at(forMs, () => process.clock.goOn());
    return `${process.name} for ${forMs} ms`;
  }

  #restart(): string | undefined {
    const process = this.#random.pick(this.#processes);
    process.alive = false;
    process.clock.kill();
    this.#processes.splice(this.#processes.indexOf(process), 1);
    this.#startProcess();
    return process.name;
  }

  #weather(conditions: NetworkConditions, forMs: number): string {
    // Slow enough, and one process ejects a node that another still reads.
    this.#allowStale(forMs);
    this.#splitUntil = this.#staleUntil;
    this.#excuseUnlisted();
    this.#network.conditions = conditions;
    this.#time.at(forMs, () => {
      this.#network.conditions = { ...CALM, usualDelayMs: 5 };
    });
    return `for ${forMs} ms`;
  }

  #allowStale(forMs: number): void {
    this.#staleUntil = Math.max(this.#staleUntil, this.#time.now + forMs + AGREEMENT_MS);
  }

  /** A node whose data may be lost by what is promised: with two copies, only while everything is on two nodes that run. */
  #loseableNode(keep: number): string | undefined {
    const running = this.#listed.filter((id) => this.#network.nodes.get(id)?.condition === 'running');
    if (running.length < Math.max(keep, this.scenario.copies === 2 ? 3 : 1)) return undefined;
    if (this.scenario.copies === 2 && running.length < this.#listed.length) return undefined;
    const id = this.#random.pick(running);
    if (this.scenario.copies === 2 && !this.#othersHoldEverything(id)) return undefined;
    return id;
  }

  #othersHoldEverything(id: string): boolean {
    return [...this.#ledger.accounts.values()].every((account) => this.#holdersOf(account).some((holder) => holder !== id));
  }

  /** Nodes that hold all that was acknowledged of a session. */
  #holdersOf(account: Account): readonly string[] {
    if (account.acknowledged.length === 0) return [...this.#network.nodes.keys()];
    return [...this.#network.nodes.values()].filter((node) => this.#holds(node, account)).map(({ id }) => id);
  }

  #holds(node: VirtualNode, account: Account): boolean {
    const item = node.get(account.key);
    if (item === undefined) return false;
    const entry = decode({ value: item.value, flags: item.flags, cas: { unique: item.unique, epoch: 0 }, ttlSeconds: undefined }, node);
    if (entry.kind === 'tombstone') return true;
    if (entry.kind === 'foreign' || account.destroyed) return false;
    const changes = changesIn(entry.value);
    return account.acknowledged.every((change) => changes.includes(change));
  }

  /** What only a node holds that has left the list, and that a process may not reach: it is not waited for. */
  #excuseUnlisted(): void {
    for (const account of this.#ledger.accounts.values()) {
      if (!this.#holdersOf(account).some((id) => this.#listed.includes(id))) account.excused = true;
    }
  }

  /** With one copy, what only the lost node held is lost: nothing else is promised. */
  #excuse(): void {
    // Every node that is listed lost the history: a process that starts now can't know of others.
    const remembers = this.#listed.some((id) => this.#network.nodes.get(id)?.get('@sess/history') !== undefined);
    if (!remembers) this.#excuseUnlisted();
    for (const account of this.#ledger.accounts.values()) {
      if (this.#holdersOf(account).length === 0) account.excused = true;
    }
  }

  #heal(): void {
    this.#note('everything is healed');
    this.#network.cuts.clear();
    this.#network.conditions = CALM;
    for (const process of this.#processes) {
      process.clock.goOn();
      this.#tell(process, [...this.#listed]);
    }
    for (const node of this.#network.nodes.values()) {
      if (node.condition === 'paused') node.resume();
      if (node.condition === 'crashed' && this.#listed.includes(node.id)) node.start();
    }
  }

  // --- invariants on every node

  #watchReplacement(id: string, key: string, before: Buffer, after: Buffer): void {
    if (!key.startsWith('s/')) return;
    const [old, fresh] = [before, after].map((bytes) => ({ tombstone: (bytes[2] ?? 0) === 1, version: bytes.readBigUInt64BE(4) }));
    if (old === undefined || fresh === undefined) return;
    if (old.tombstone && !fresh.tombstone) this.#violation ??= new Violation('tombstone overwritten', `${key} on ${id}`);
    if (!fresh.tombstone && fresh.version < old.version) this.#violation ??= new Violation('replaced by older', `${key} on ${id}`);
  }

  /** What every node holds and every process believes: for the reader of a failure. */
  #describe(): void {
    for (const node of this.#network.nodes.values()) {
      const item = node.get('@sess/history');
      this.#note(
        `  ${node.id} ${node.condition} remembers ${
          item?.value
            .subarray(16 + 36)
            .toString()
            .replaceAll(String(EPOCH_MS).slice(0, 4), '') ?? 'nothing'
        }`,
      );
    }
    for (const key of this.#ledger.accounts.keys()) {
      for (const node of this.#network.nodes.values()) {
        const item = node.get(key);
        if (item === undefined) continue;
        const what = (item.value[2] ?? 0) === 1 ? 'tombstone' : item.value.subarray(16).toString();
        this.#note(
          `  ${node.id} ${node.condition} holds ${key}: version ${item.value.readUIntBE(4, 6) - EPOCH_MS} ${what}, ends ${item.expiresAt}`,
        );
      }
      for (const { name, client } of this.#processes) {
        const { owners, elders, mode } = client.explain(key);
        this.#note(`  ${name} ${key}: ${mode}, owners ${owners.join(' ')}, elders ${elders.join(' ')}`);
      }
    }
    for (const { name, listed } of this.#processes) this.#note(`  ${name} is told ${listed.join(' ')}`);
  }

  #note(text: string): void {
    this.#log.push(`${(this.#time.now / 1000).toFixed(3)} ${text}`);
  }
}
