import { fork, type ChildProcess } from 'node:child_process';

interface Waiter {
  readonly resolve: (message: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A process of its own that answers every order with one message. One order at a time. */
export class WorkerProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #waiter: Waiter | undefined;
  #isOver = false;

  /** @param cores Cores to keep it to, as `taskset -c` takes them. */
  constructor(name: string, file: string, args: readonly string[], cores?: string) {
    this.#name = name;
    const where = cores === undefined ? {} : { execPath: 'taskset', execArgv: ['-c', cores, process.execPath] };
    this.#child = fork(file, args, where);
    this.#child.on('message', (message) => this.#settle((waiter) => waiter.resolve(message)));
    this.#child.on('error', (error) => this.#settle((waiter) => waiter.reject(error)));
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#isOver = true;
        this.#settle((waiter) => waiter.reject(new Error(`${name}: its process ended`)));
        resolve();
      });
    });
  }

  /** Its next message; the first may come unasked. */
  next<T>(): Promise<T> {
    if (this.#isOver) return Promise.reject(new Error(`${this.#name}: its process ended`));
    if (this.#waiter !== undefined) return Promise.reject(new Error(`${this.#name}: asked twice at once`));
    return new Promise<T>((resolve, reject) => {
      this.#waiter = { resolve: (message) => resolve(message as T), reject };
    });
  }

  ask<T>(order: object): Promise<T> {
    const answer = this.next<T>();
    if (!this.#isOver) this.#child.send(order);
    return answer;
  }

  /** Lets it go: a worker ends when nobody speaks to it any more. Resolves when it has. */
  stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    return this.#ended;
  }

  #settle(how: (waiter: Waiter) => void): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) how(waiter);
  }
}
