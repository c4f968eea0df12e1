import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface NodeProcessOptions {
  readonly cwd?: string;
  /** Its environment, beside `PATH`. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Node.js with these arguments, in its own process group. */
export class NodeProcess implements AsyncDisposable {
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #output = '';
  #errors = '';

  constructor(args: readonly string[], { cwd, env }: NodeProcessOptions = {}) {
    this.#child = spawn(process.execPath, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd,
      env: env === undefined ? process.env : { PATH: process.env['PATH'], ...env },
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    const tell = (): void => this.#listeners.forEach((listener) => listener());
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      tell();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
      tell();
    });
    void this.ended.then(tell);
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  /** Resolves when standard output, or standard error, matches; rejects if the process ends before. */
  async says(pattern: RegExp, where: 'output' | 'errors' = 'output'): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const match = pattern.exec(this[where]);
      if (match !== null) return match;
      if (over) throw new Error(`ended without saying ${pattern}\n${this.#output}\n${this.#errors}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal to every process of the group, like a terminal. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.#pid, signal);
  }

  /** Whether any process of the group still exists. */
  get groupLives(): boolean {
    try {
      process.kill(-this.#pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Kills what is left of the group. */
  async close(): Promise<void> {
    if (this.groupLives) this.killGroup('SIGKILL');
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #pid(): number {
    // Without a pid, the process could not be started.
    if (this.#child.pid === undefined) throw new Error('the process was not started');
    return this.#child.pid;
  }
}
