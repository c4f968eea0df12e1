import { fork, type ChildProcess, type ForkOptions, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ChildProgramOptions {
  /** Name for errors: "`name` ended (exit code 1)". */
  readonly name: string;
  readonly args?: readonly string[];
  /** CPU cores to run on, as for `taskset -c`. */
  readonly cores?: string | undefined;
  /** Hides its output; errors quote the end of its standard error. It does not inherit this process's `execArgv`. */
  readonly quiet?: boolean;
  /** `advanced` supports maps, dates and `undefined`. */
  readonly serialization?: 'json' | 'advanced';
}

/** Which message to wait for. */
export interface Wanted<Message> {
  /** Whether a message counts. */
  readonly isWanted?: (message: Message) => boolean;
  readonly timeoutMs?: number;
}

/** Characters of standard error to keep. */
const MAX_STDERR = 2_000;

/**
 * A program of this repository in a process of its own, with a message channel. It ends when the channel closes, even
 * if this process is killed.
 */
export class ChildProgram<Message> {
  readonly #name: string;
  readonly #child: ChildProcess;
  #stderr = '';

  constructor(script: URL, { name, args = [], cores, quiet = false, serialization = 'json' }: ChildProgramOptions) {
    this.#name = name;
    const where: ForkOptions =
      cores === undefined ? {} : { execPath: 'taskset', execArgv: ['-c', cores, process.execPath] };
    const silence: ForkOptions = quiet ? { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] } : {};
    this.#child = fork(fileURLToPath(script), args, { ...silence, ...where, serialization });
    // Without a listener, a channel error would end this process; `next` reports it to its callers.
    this.#child.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  onMessage(listener: (message: Message) => void): void {
    this.#child.on('message', listener);
  }

  /** Calls `listener` with the way it ended: a signal, or `exit code N`. */
  onEnd(listener: (how: string) => void): void {
    this.#child.once('exit', (code, signal) => listener(signal ?? `exit code ${code}`));
  }

  /** Sends a message; it is lost if the process has ended. */
  send(message: Serializable): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Resolves to the next wanted message. Rejects if the process can't be started, ends, or sends none in time. */
  next({ isWanted = () => true, timeoutMs }: Wanted<Message> = {}): Promise<Message> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const over = (settle: () => void): void => {
        clearTimeout(timer);
        child.off('message', receive).off('error', fail).off('close', end);
        settle();
      };
      const receive = (message: Message): void => {
        if (isWanted(message)) over(() => resolve(message));
      };
      const fail = (error: Error): void => over(() => reject(error));
      // `close` rather than `exit`: then all of its standard error has been read.
      const end = (): void => over(() => reject(new Error(this.#howItEnded())));
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => fail(new Error(`${this.#name} did not answer within ${timeoutMs} ms`)), timeoutMs);
      child.on('message', receive).on('error', fail).on('close', end);
      if (!this.isAlive) end();
    });
  }

  /** Sends `order` and resolves with the {@link next} message. */
  ask(order: Serializable, wanted?: Wanted<Message>): Promise<Message> {
    const answer = this.next(wanted);
    this.send(order);
    return answer;
  }

  /** SIGSTOP freezes the process, SIGCONT resumes it. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Closes the channel, so that the program ends by itself; kills it after `timeoutMs`. Resolves when it has ended. */
  async stop(timeoutMs?: number): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    await this.#ended();
    clearTimeout(timer);
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    // A process that could not be started emits no `exit`.
    if (this.isAlive && this.#child.pid !== undefined) await once(this.#child, 'exit');
  }

  #howItEnded(): string {
    const how = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
    return `${this.#name} ended (${how}) ${this.#stderr}`.trimEnd();
  }
}
