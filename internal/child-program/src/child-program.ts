import { fork, type ChildProcess, type ForkOptions, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ChildProgramOptions {
  /** For errors: "`name` ended (exit code 1)". */
  readonly name: string;
  readonly args?: readonly string[];
  /** Cores to keep it to, as `taskset -c` takes them. */
  readonly cores?: string | undefined;
  /**
   * Shows nothing of its output; what it wrote last to its standard error goes into errors. It gets none of this
   * process's `execArgv`.
   */
  readonly quiet?: boolean;
  /** `advanced` for maps, dates and `undefined`. */
  readonly serialization?: 'json' | 'advanced';
}

/** Which message is waited for. */
export interface Wanted<Message> {
  /** Of several kinds of message, those that count. */
  readonly isWanted?: (message: Message) => boolean;
  readonly timeoutMs?: number;
}

/** How much of a program's last words is kept, in characters. */
const LAST_WORDS = 2_000;

/**
 * A program of this repository in a process of its own, with a channel for messages. It ends when the channel closes,
 * also when this process is killed.
 */
export class ChildProgram<Message> {
  readonly #name: string;
  readonly #child: ChildProcess;
  #lastWords = '';

  constructor(script: URL, { name, args = [], cores, quiet = false, serialization = 'json' }: ChildProgramOptions) {
    this.#name = name;
    const where: ForkOptions =
      cores === undefined ? {} : { execPath: 'taskset', execArgv: ['-c', cores, process.execPath] };
    const silence: ForkOptions = quiet ? { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] } : {};
    this.#child = fork(fileURLToPath(script), args, { ...silence, ...where, serialization });
    // Without a listener, an error of the channel would end this process; who waits is told by `next`.
    this.#child.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  onMessage(listener: (message: Message) => void): void {
    this.#child.on('message', listener);
  }

  /** `listener` is told how it ended: a signal, or `exit code N`. */
  onEnd(listener: (how: string) => void): void {
    this.#child.once('exit', (code, signal) => listener(signal ?? `exit code ${code}`));
  }

  /** A message to a process that has ended is lost. */
  send(message: Serializable): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /**
   * The next message, asked for or not. Rejects when the process can't be started, has ended, or says nothing in time.
   */
  next({ isWanted = () => true, timeoutMs }: Wanted<Message> = {}): Promise<Message> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const over = (settle: () => void): void => {
        clearTimeout(timer);
        child.off('message', hear).off('error', fail).off('close', end);
        settle();
      };
      const hear = (message: Message): void => {
        if (isWanted(message)) over(() => resolve(message));
      };
      const fail = (error: Error): void => over(() => reject(error));
      // `close` rather than `exit`: by then its last words have been read.
      const end = (): void => over(() => reject(new Error(this.#obituary())));
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => fail(new Error(`${this.#name} did not answer within ${timeoutMs} ms`)), timeoutMs);
      child.on('message', hear).on('error', fail).on('close', end);
      if (!this.isAlive) end();
    });
  }

  /** Sends `order` and resolves with the {@link next} message. */
  ask(order: Serializable, wanted?: Wanted<Message>): Promise<Message> {
    const answer = this.next(wanted);
    this.send(order);
    return answer;
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /**
   * Closes its channel, so that the program ends by itself, and kills it when that takes longer than `timeoutMs`.
   * Resolves when it has ended.
   */
  async stop(timeoutMs?: number): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    await this.#ended();
    clearTimeout(timer);
  }

  /** SIGKILL: no goodbye. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    // A process that could not be started has no end.
    if (this.isAlive && this.#child.pid !== undefined) await once(this.#child, 'exit');
  }

  #obituary(): string {
    const how = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
    return `${this.#name} ended (${how}) ${this.#lastWords}`.trimEnd();
  }
}
