/** The parent's handle of one application process. */
import { ChildProgram } from '@sess/loopback';
import type { ClusterNode } from '@sess/discovery';
import type { Answer, ClientSettings, Message, Order, Report } from './orders.ts';

const PROGRAM = new URL('./application-main.js', import.meta.url);

export class Application {
  readonly #process: ChildProgram<Report>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #stopped = false;
  readonly #ready: Promise<void>;

  constructor(settings: ClientSettings, nodes: readonly ClusterNode[]) {
    this.#process = new ChildProgram(PROGRAM, { name: 'an application', serialization: 'advanced' });
    this.#ready = new Promise((resolve) => {
      this.#process.onMessage((report) => {
        if (report.kind === 'ready') resolve();
        else if (report.kind === 'answers') for (const answer of report.answers) this.#settle(answer);
      });
    });
    this.#send({ kind: 'open', settings, nodes });
  }

  /** Resolves when its client is ready, or timed out. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Whether the process can take orders. */
  get isAtWork(): boolean {
    return !this.#stopped && this.#process.isAlive;
  }

  /** Sends orders; calls `onAnswer` for each, except those lost with the process. */
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

  /** Resolves to the number of keys processed. */
  async drain(nodeId: string): Promise<number> {
    const report = await this.#process.ask({ kind: 'drain', nodeId } satisfies Message, {
      isWanted: ({ kind }) => kind === 'drained',
    });
    if (report.kind !== 'drained') throw new Error(`a report of a drain is one of ${report.kind}`);
    const { keys, error } = report;
    if (error !== undefined) throw new Error(`the drain of ${nodeId} failed: ${error}`);
    return keys;
  }

  /** Freezes the process: SIGSTOP. */
  stop(): void {
    this.#stopped = true;
    this.#process.signal('SIGSTOP');
  }

  goOn(): void {
    this.#process.signal('SIGCONT');
    this.#stopped = false;
  }

  /** Ends the process with SIGKILL; its pending orders stay unanswered. */
  async kill(): Promise<void> {
    await this.#process.kill();
    this.#waiting.clear();
  }

  #settle(answer: Answer): void {
    const settle = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    settle?.(answer);
  }

  #send(message: Message): void {
    this.#process.send(message);
  }
}
