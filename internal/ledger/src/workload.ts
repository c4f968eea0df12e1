/**
 * Creates, changes, reads, touches and destroys sessions through several processes at a steady rate, and checks every
 * answer against the account book.
 */
import { AccountBook, type Account, type Begun } from './account-book.ts';
import type { Application } from './application.ts';
import { Latencies } from './latencies.ts';
import type { Answer, Order, Work } from './orders.ts';

export interface WorkloadOptions {
  readonly requestsPerSecond: number;
  /** Most sessions at a time. */
  readonly sessions: number;
  /** How long after a failure an older state may be read: until processes agree again. */
  readonly agreementMs: number;
  readonly timeoutMs: number;
}

const TICK_MS = 10;
/** Sessions hold all their changes: with more of them, messages would cost more than the requests. */
const MAX_CHANGES = 30;
/** Sessions read concurrently when everything is read back. */
const READ_AT_ONCE = 200;
/** Attempts to read a session before it counts as unreadable. */
const MAX_ASKS = 40;
/** Error codes of a process that could not reach a node. */
const OUT_OF_REACH: ReadonlySet<string> = new Set([
  'SESS_TIMEOUT',
  'SESS_UNAVAILABLE',
  'SESS_CONNECTION',
  'SESS_SERVER',
]);

export class Workload {
  readonly book: AccountBook = new AccountBook();
  readonly latencies: Latencies = new Latencies();
  /** Answered requests, failed ones included. */
  requests = 0;
  /** Failed requests, by operation and code. */
  readonly errors: Map<string, number> = new Map();
  /** The message of the first error of each kind. */
  readonly firstErrors: Map<string, string> = new Map();
  /** Reads of an older state while processes did not agree: allowed, and counted. */
  staleReads = 0;
  readonly #applications: readonly Application[];
  readonly #options: WorkloadOptions;
  readonly #alive: Account[] = [];
  #number = 0;
  #staleUntil = -Infinity;
  #splitUntil = -Infinity;
  #over = false;
  #running: Promise<void> | undefined;

  /** `applications` may change while it runs: those at work get orders. */
  constructor(applications: readonly Application[], options: WorkloadOptions) {
    this.#applications = applications;
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Stops giving orders; resolves when every running process has answered, at the latest after `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    this.#over = true;
    await this.#running;
    await until(
      () => this.#applications.every((application) => !application.isAtWork || application.underWay === 0),
      patienceMs,
    );
  }

  /** Something is stopped or cut off for `forMs`: until processes agree again, reads may return an older state. */
  allowStale(forMs: number): void {
    this.#staleUntil = Math.max(this.#staleUntil, performance.now() + forMs + this.#options.agreementMs);
  }

  /** Since `sinceMs` ago, and until processes agree again, not all of them reach the same nodes. */
  #allowSplit(sinceMs: number): void {
    this.allowStale(0);
    this.#splitUntil = this.#staleUntil;
    this.book.disclaimSince(performance.now() - sinceMs);
  }

  get errorCount(): number {
    return [...this.errors.values()].reduce((sum, times) => sum + times, 0);
  }

  /** Reads every session through every process, without any allowances. Returns the number of reads. */
  async readBack(): Promise<number> {
    let reads = 0;
    for (const [index, application] of this.#applications.entries()) {
      const { accounts } = this.book;
      for (let from = 0; from < accounts.length; from += READ_AT_ONCE) {
        const some = accounts.slice(from, from + READ_AT_ONCE);
        await Promise.all(some.map((account) => this.#readBackOne(application, `process ${index + 1}`, account)));
        reads += some.length;
      }
    }
    return reads;
  }

  async #readBackOne(application: Application, where: string, account: Account): Promise<void> {
    const begun = this.book.begin(account);
    let answer = await this.#ask(application, account.key);
    // A busy machine answers late; only the answer counts.
    for (let again = 1; again < MAX_ASKS && answer.code !== undefined; again += 1)
      answer = await this.#ask(application, account.key);
    if (answer.code !== undefined) {
      if (!account.excused) this.book.faults.push(`unreadable: ${where} ${account.key}: ${answer.message}`);
      return;
    }
    const fault = this.book.faultOf(begun, answer.found);
    if (fault !== undefined) this.book.note(fault, account, answer.found, `${where} reads`);
  }

  #ask(application: Application, key: string): Promise<Answer> {
    return new Promise((resolve) => {
      application.give([this.#order('read', key)], (_, answer) => resolve(answer));
    });
  }

  async #run(): Promise<void> {
    const startedAt = performance.now();
    let given = 0;
    while (!this.#over) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * this.#options.requestsPerSecond);
      this.#giveOut(due - given);
      given = due;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #giveOut(count: number): void {
    const atWork = this.#applications.filter((application) => application.isAtWork);
    if (atWork.length === 0) return;
    const orders = atWork.map((): Order[] => []);
    const begun = new Map<number, Begun>();
    for (let index = 0; index < count; index += 1) {
      const { order, account } = this.#draw();
      begun.set(order.number, this.book.begin(account));
      if (order.work === 'destroy') account.destroying = true;
      orders[Math.floor(Math.random() * orders.length)]?.push(order);
    }
    for (const [index, application] of atWork.entries()) {
      const some = orders[index] ?? [];
      // An empty message would cost as much as a full one.
      if (some.length === 0) continue;
      application.give(some, (order, answer) => this.#heard(order, begun.get(order.number), answer));
    }
  }

  #draw(): { readonly order: Order; readonly account: Account } {
    const dice = Math.random();
    const known = this.#pick();
    if (known === undefined || (dice < 0.1 && this.#alive.length < this.#options.sessions)) {
      const account = this.book.open(`session-${this.#number}`);
      this.#alive.push(account);
      return { order: this.#order('create', account.key), account };
    }
    const work: Work =
      dice < 0.45 && known.acknowledged.size < MAX_CHANGES
        ? 'change'
        : dice < 0.9
          ? 'read'
          : dice < 0.97
            ? 'touch'
            : 'destroy';
    return { order: this.#order(work, known.key), account: known };
  }

  /** Keeps destroyed sessions for a while, to check that they don't come back. */
  #pick(): Account | undefined {
    const index = Math.floor(Math.random() * this.#alive.length);
    const account = this.#alive[index];
    if (account?.destroyed === true && Math.random() < 0.1) this.#alive.splice(index, 1);
    return account;
  }

  #order(work: Work, key: string): Order {
    this.#number += 1;
    return { number: this.#number, work, key, change: this.#number };
  }

  #heard(
    { work, change }: Order,
    begun: Begun | undefined,
    { code, durationMs, found, message, timedOut }: Answer,
  ): void {
    if (begun === undefined) return;
    const { account } = begun;
    this.requests += 1;
    this.latencies.add(durationMs);
    // Covers the requests answered while this one waited, and before.
    if (timedOut) this.#allowSplit(durationMs + this.#options.timeoutMs);
    if (code !== undefined) return this.#refused(code, `${work}: ${message}`, work);
    if (work === 'destroy') account.destroyed = true;
    if (work === 'create' || (work === 'change' && found !== null)) this.#claim(account, change);
    if (work !== 'read' && work !== 'change') return;
    const fault = this.book.faultOf(begun, found);
    if (fault === undefined) return;
    // Until processes agree again, each may see another state.
    if (fault !== 'lost' && performance.now() < this.#staleUntil) this.staleReads += 1;
    else this.book.note(fault, account, found, work);
  }

  #claim(account: Account, change: number): void {
    if (performance.now() < this.#splitUntil) this.book.disclaimed += 1;
    else this.book.claim(account, change);
  }

  #refused(code: string, message: string, work: Work): void {
    // A conflict is a correct answer.
    if (code === 'SESS_CONFLICT') return;
    const name = `${work} ${code}`;
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
    if (!this.firstErrors.has(name)) this.firstErrors.set(name, message);
    if (OUT_OF_REACH.has(code)) this.allowStale(0);
  }
}

async function until(isSo: () => boolean, patienceMs: number): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!isSo() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
