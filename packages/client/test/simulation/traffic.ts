/**
 * Makes the processes of a simulated history create, change, read, touch and destroy sessions, and checks every answer
 * against the ledger.
 */
import { codeOf } from '../../src/node/breaker.ts';
import { pause } from '../../src/pause.ts';
import type { Application } from './application.ts';
import { changesIn, valueOf, Violation, type Account, type ReadBegun } from './ledger.ts';
import type { Promises } from './promises.ts';
import { finishes, isHarsh } from './scenario.ts';
import type { Stage } from './stage.ts';
import type { Unpromised } from './unpromised.ts';
import { TIMEOUT_MS } from './timing.ts';

/** Longest time between reading a session and saving it. */
const LONGEST_THOUGHT_MS = 3_000;
/** Sessions that no process asks for before a crowd does. */
const IDLE = 8;
/** A crowd's sessions, visits per session, and duration in milliseconds. */
const CROWD = 8;
const VISITS = 6;
const CROWD_MS = [10, 40, 150] as const;
/** Before the end of a session that rests, when it is read. */
const BEFORE_THE_END_MS = 200;

export interface OperationCounts {
  acknowledged: number;
  refused: number;
  conflicts: number;
}

export class Traffic {
  readonly counts: OperationCounts = { acknowledged: 0, refused: 0, conflicts: 0 };
  readonly #stage: Stage;
  readonly #promises: Promises;
  #ended = false;
  #busy = 0;
  #nextChange = 1;
  #nextKey = 1;

  constructor(stage: Stage, promises: Promises) {
    this.#stage = stage;
    this.#promises = promises;
    stage.onStart = (application) => this.#schedule(application);
  }

  /** Starts no further operations. */
  end(): void {
    this.#ended = true;
  }

  /** Reads every session through every process, one after another. */
  async readEverything(): Promise<void> {
    const { applications, ledger, time } = this.#stage;
    // Operations of a killed process are never answered.
    const unanswered = this.#busy;
    for (const application of applications) {
      for (const account of ledger.accounts.values()) {
        if (this.#stage.violation !== undefined) return;
        this.#perform(application, 'last read', () => this.#read(application, account));
        await time.run(time.now + 20 * TIMEOUT_MS, () => this.#busy <= unanswered);
      }
    }
  }

  /** Makes all processes use the same sessions at the same time. */
  crowd(): void {
    const { ledger, random } = this.#stage;
    if (this.#ended) return;
    const lasting = [...ledger.accounts.values()].filter((each) => !this.#isLongOver(each));
    const busy = [
      ...lasting.filter(({ isIdle }) => isIdle).slice(-CROWD),
      ...lasting.filter(({ isIdle }) => !isIdle).slice(-CROWD),
    ];
    for (const account of busy) {
      // Some are mostly read, others repeatedly changed by all at once.
      const [reads, rounds, withinMs] = [random.pick([0.25, 0.6]), random.pick([1, 1, 6]), random.pick(CROWD_MS)];
      for (let visit = 0; visit < VISITS * rounds; visit += 1)
        this.#stage.time.at(random.next() * withinMs * rounds, () => this.#visit(account, reads));
    }
  }

  /** From now on nobody asks for the sessions, until each is read once, shortly before it ends. */
  rest(): void {
    const { ledger, time } = this.#stage;
    for (const account of ledger.accounts.values()) {
      const lastsMs = account.aliveUntil - time.now - BEFORE_THE_END_MS;
      if (!Number.isFinite(lastsMs) || lastsMs <= 0) continue;
      account.restsUntil = time.now + lastsMs;
      time.at(lastsMs, () => this.#visit(account, 1));
    }
  }

  #visit(account: Account, reads: number): void {
    const { applications, random } = this.#stage;
    if (applications.length === 0) return;
    const application = random.pick(applications);
    if (!application.alive || application.clock.frozen || this.#stage.violation !== undefined || this.#ended) return;
    const dice = random.next();
    if (dice < reads || account.isOnlyRead) this.#perform(application, 'read', () => this.#read(application, account));
    else if (dice < 0.9) this.#perform(application, 'change', () => this.#change(application, account, 0));
    else if (dice < 0.98) this.#perform(application, 'touch', () => this.#touch(application, account));
    else this.#perform(application, 'destroy', () => this.#destroy(application, account));
  }

  /** One process changes a live session, and another destroys it after `withinMs`. */
  changeAndDestroy(changer: Application, destroyer: Application, withinMs: number): void {
    const accounts = [...this.#stage.ledger.accounts.values()].filter(
      ({ acknowledged, destroying, isOnlyRead }) => acknowledged.length > 0 && !destroying && !isOnlyRead,
    );
    if (accounts.length === 0 || !changer.alive || !destroyer.alive) return;
    const account = this.#stage.random.pick(accounts);
    this.#perform(changer, 'change', () => this.#change(changer, account));
    this.#stage.time.at(withinMs, () => this.#perform(destroyer, 'destroy', () => this.#destroy(destroyer, account)));
  }

  #schedule(application: Application): void {
    this.#stage.time.at(20 + application.random.next() * 700, () => {
      if (!application.alive || this.#stage.violation !== undefined || this.#ended) return;
      if (!application.clock.frozen) this.#operate(application);
      this.#schedule(application);
    });
  }

  #operate(application: Application): void {
    const all = [...this.#stage.ledger.accounts.values()].filter((account) => !this.#isLongOver(account));
    const accounts = all.filter(({ isIdle, restsUntil }) => !isIdle && restsUntil < this.#stage.time.now);
    const { random } = application;
    if (finishes(this.#stage.scenario.profile) && all.length - accounts.length < IDLE && random.chance(0.2))
      this.#perform(application, 'create', () => this.#create(application, true));
    if (accounts.length < this.#stage.scenario.keys && random.chance(0.4)) {
      this.#perform(application, 'create', () => this.#create(application));
    } else if (accounts.length > 0) {
      const account = random.pick(accounts);
      const dice = random.next();
      if (dice < 0.45 && !account.isOnlyRead)
        this.#perform(application, 'change', () => this.#change(application, account));
      else if (dice < 0.8) this.#perform(application, 'read', () => this.#read(application, account));
      else if (dice < 0.9) this.#perform(application, 'touch', () => this.#touch(application, account));
      else if (dice < 0.94) this.#perform(application, 'destroy', () => this.#destroy(application, account));
    }
  }

  #perform(application: Application, what: string, operation: () => Promise<() => string>): void {
    const stage = this.#stage;
    this.#busy += 1;
    operation().then(
      (text) => {
        this.#busy -= 1;
        this.counts.acknowledged += 1;
        return stage.note(() => `${application.name} ${what}: ${text()}`);
      },
      (error: unknown) => {
        this.#busy -= 1;
        if (error instanceof Violation) stage.violation ??= error;
        else this.#refused(application, what, error);
      },
    );
  }

  #refused(application: Application, what: string, error: unknown): void {
    const code = codeOf(error);
    if (this.#isHarsh && what === 'last read')
      this.#stage.violation ??= new Violation(
        'unavailable',
        `${application.name}, after everything was healed: ${String(error)}`,
      );
    if (code === undefined)
      this.#stage.violation ??= new Violation('lost', `${what} failed with ${String((error as Error).stack)}`);
    if (code === 'SESS_CONFLICT') this.counts.conflicts += 1;
    else this.counts.refused += 1;
    this.#stage.note(() => `${application.name} ${what}: ${code} ${(error as Error).message}`);
  }

  async #create(application: Application, isIdle = false): Promise<() => string> {
    const account = this.#stage.ledger.open(
      `s/${this.#nextKey++}`,
      this.#isHarsh && this.#stage.random.chance(0.3),
      isIdle,
    );
    const change = this.#nextChange++;
    const lives = this.#lives(application);
    const { losses } = this.#promises;
    await application.client.set(account.key, valueOf([change]), { ttlSeconds: this.#ttlSeconds, expect: 'absent' });
    lives(account);
    account.isCreated = true;
    account.acknowledged.push(change);
    this.#promises.excuseIfLostSince(losses, account);
    return () => `${account.key} = ${change}`;
  }

  async #change(
    application: Application,
    account: Account,
    longestThoughtMs = LONGEST_THOUGHT_MS,
  ): Promise<() => string> {
    const begun = this.#stage.ledger.begin(account);
    const record = await application.client.get(account.key);
    const found = record === undefined ? undefined : changesIn(record.value);
    this.#check(begun, found, application);
    if (record === undefined || found === undefined) return () => `${account.key} is missing`;
    // A request may take a while between read and save.
    if (longestThoughtMs > 0 && application.random.chance(0.3))
      await pause(application.clock, application.random.next() * longestThoughtMs, undefined);
    const change = this.#nextChange++;
    const destroyedBefore = account.destroyed;
    const lives = this.#lives(application);
    const { losses } = this.#promises;
    await application.client.set(account.key, valueOf([...found, change]), {
      ttlSeconds: this.#ttlSeconds,
      expect: record,
    });
    const wasOver = account.aliveUntil <= this.#stage.time.now;
    lives(account);
    if (
      destroyedBefore &&
      !account.mayRevive &&
      !this.#mayMissDeletion(account, application) &&
      (this.#isHarsh || (account.excused === undefined && !this.#promises.isSplit))
    )
      throw new Violation('revived', `${application.name} changed ${account.key}, which was destroyed`);
    // If processes reach different nodes, each may read and change what it reaches until they agree.
    const doubt = this.#promises.mayLoseChanges;
    account.acknowledged.push(change);
    this.#promises.excuseIfLostSince(losses, account);
    if (doubt !== undefined) {
      account.doubtful.set(change, doubt);
      return () => `${account.key} = ${[...found, change].join(',')}, ${doubt}`;
    }
    const missing = this.#stage.ledger.missing(begun, found, (name) => this.#stage.excuse(name));
    if (missing.length > 0) {
      const why = account.excused ?? this.#whyReplaced(account, missing, wasOver);
      if (why === undefined)
        throw new Violation('older state', `${application.name} replaced ${account.key} without ${missing.join(',')}`);
      this.#stage.excuse(why);
      for (const lost of missing) account.doubtful.set(lost, why);
    }
    return () => `${account.key} = ${[...found, change].join(',')}`;
  }

  /**
   * Why a change may be made without the `missing` ones. A creation that was under way for longer than the session lived
   * stores it anew, as it was created.
   */
  #whyReplaced(account: Account, missing: readonly number[], wasOver: boolean): Unpromised | undefined {
    if (wasOver) return 'its life was over';
    const mayGoBack = this.#promises.staleAllowed && this.#promises.mayGoBack(account, missing);
    return mayGoBack ? 'a copy was lost and every other was out of reach' : undefined;
  }

  async #read(application: Application, account: Account): Promise<() => string> {
    const begun = this.#stage.ledger.begin(account);
    const record = await application.client.get(account.key);
    const found = record === undefined ? undefined : changesIn(record.value);
    this.#check(begun, found, application);
    if (found !== undefined) this.#promises.lives.wasRead(account, application);
    return () => `${account.key} = ${found?.join(',') ?? 'missing'}`;
  }

  async #touch(application: Application, account: Account): Promise<() => string> {
    const lives = this.#lives(application);
    const begun = this.#stage.ledger.begin(account);
    const there = await application.client.touch(account.key, this.#ttlSeconds);
    if (there) lives(account);
    else
      this.#stage.ledger.checkMiss(begun, application.name, this.#stage.time.now, (excuse) =>
        this.#stage.excuse(excuse),
      );
    return () => `${account.key}: ${String(there)}`;
  }

  async #destroy({ client }: Application, account: Account): Promise<() => string> {
    if (!account.isCreated) return () => `${account.key} is not known yet`;
    account.destroying = true;
    const { away } = this.#promises;
    await client.delete(account.key, { ttlSeconds: this.#ttlSeconds });
    account.destroyed = true;
    this.#promises.destroyed(account, [...away, ...this.#promises.away]);
    return () => account.key;
  }

  #check(begun: ReadBegun, found: readonly number[] | undefined, application: Application): void {
    const stage = this.#stage;
    stage.ledger.check(begun, found, application.name, {
      now: stage.time.now,
      excuse: (name) => stage.excuse(name),
      older: () => {
        if (this.#promises.staleAllowed)
          stage.excuse(this.#promises.isSplit ? 'processes reach different nodes' : 'a node was cut off');
        return this.#promises.staleAllowed;
      },
      revived: (account) => {
        if (this.#mayMissDeletion(account, application)) return true;
        if (this.#isHarsh) return false;
        if (this.#promises.isSplit) stage.excuse('processes reach different nodes');
        return this.#promises.isSplit || account.excused !== undefined;
      },
    });
  }

  #mayMissDeletion(account: Account, application: Application): boolean {
    const mayMiss = this.#promises.isDeletionOutOfReach(account, application);
    if (mayMiss) this.#stage.excuse('no node in reach knew of the deletion');
    return mayMiss;
  }

  get #isHarsh(): boolean {
    return isHarsh(this.#stage.scenario.profile);
  }

  get #ttlSeconds(): number {
    return this.#stage.scenario.ttlSeconds;
  }

  /**
   * Call it before a write or touch, and call its result after the acknowledgement: the session lives for its time to
   * live, or at most a second less.
   */
  #lives(application: Application): (account: Account) => void {
    const until = this.#stage.time.now + this.#ttlSeconds * 1000 - 1_000;
    return (account) => this.#promises.lives.acknowledged(account, application, until);
  }

  /** Whether it was destroyed or expired so long ago that no copy may be left; new sessions replace it. */
  #isLongOver(account: Account): boolean {
    return this.#isHarsh && account.aliveUntil + 4 * this.#ttlSeconds * 1000 < this.#stage.time.now;
  }
}
