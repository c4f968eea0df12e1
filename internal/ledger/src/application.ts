/** The parent's hand on one application process. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClusterNode } from '@sess/discovery';
import type { Answer, ClientSettings, Message, Order, Report } from './orders.ts';

const PROGRAM = fileURLToPath(new URL('./application-main.js', import.meta.url));

export class Application {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #drained: ((report: Extract<Report, { kind: 'drained' }>) => void) | undefined;
  #stopped = false;
  #ended = false;
  readonly #ready: Promise<void>;

  constructor(settings: ClientSettings, nodes: readonly ClusterNode[]) {
    this.#process = fork(PROGRAM, { serialization: 'advanced' });
    this.#process.on('exit', () => {
      this.#ended = true;
    });
    this.#ready = new Promise((resolve) => {
      this.#process.on('message', (report: Report) => {
        if (report.kind === 'ready') resolve();
        else if (report.kind === 'drained') this.#drained?.(report);
        else for (const answer of report.answers) this.#settle(answer);
      });
    });
    this.#send({ kind: 'open', settings, nodes });
  }

  /** Resolves when its client is ready, or has given up waiting. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Whether it can be given work. */
  get isAtWork(): boolean {
    return !this.#stopped && !this.#ended;
  }

  /** `onAnswer` hears of each order; never of those that the process took with it. */
  give(orders: readonly Order[], onAnswer: (order: Order, answer: Answer) => void): void {
    for (const order of orders) this.#waiting.set(order.number, (answer) => onAnswer(order, answer));
    this.#send({ kind: 'orders', orders });
  }

  /** Orders without an answer. */
  get underWay(): number {
    return this.#waiting.size;
  }

  list(nodes: readonly ClusterNode[]): void {
    this.#send({ kind: 'list', nodes });
  }

  /** How many keys it carried. */
  async drain(nodeId: string): Promise<number> {
    const { keys, error } = await new Promise<Extract<Report, { kind: 'drained' }>>((resolve) => {
      this.#drained = resolve;
      this.#send({ kind: 'drain', nodeId });
    });
    if (error !== undefined) throw new Error(`the drain of ${nodeId} failed: ${error}`);
    return keys;
  }

  /** Freezes it: SIGSTOP. */
  stop(): void {
    this.#stopped = true;
    this.#process.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process.kill('SIGCONT');
    this.#stopped = false;
  }

  /** Ends it with SIGKILL. What it was doing, nobody will tell. */
  async kill(): Promise<void> {
    if (!this.#ended && this.#process.kill('SIGKILL')) await once(this.#process, 'exit');
    this.#ended = true;
    this.#waiting.clear();
  }

  #settle(answer: Answer): void {
    const settle = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    settle?.(answer);
  }

  #send(message: Message): void {
    // A process that ended meanwhile takes no orders; that is no failure of the parent.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}
