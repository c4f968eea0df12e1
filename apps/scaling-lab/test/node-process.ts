import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A script of this workspace, run as a user runs it, in its own process group. */
export class NodeProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #output = '';
  #errors = '';

  /** @param script path below `apps/` */
  constructor(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
    this.#child = spawn(process.execPath, [path, ...args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...env },
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      for (const listener of this.#listeners) listener();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    void this.ended.then(() => this.#listeners.forEach((listener) => listener()));
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  /** Resolves when standard output matches; rejects if the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const match = pattern.exec(this.#output);
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

  /** Kills what is left of the group, for the end of a test. */
  async dispose(): Promise<void> {
    if (this.groupLives) this.killGroup('SIGKILL');
    await this.ended;
  }

  get #pid(): number {
    // Without a pid, the process could not be started.
    if (this.#child.pid === undefined) throw new Error('the process was not started');
    return this.#child.pid;
  }
}

/** Starts a process that ends with the test at the latest. */
export function nodeProcess(...given: ConstructorParameters<typeof NodeProcess>): NodeProcess {
  const process = new NodeProcess(...given);
  onTestFinished(() => process.dispose());
  return process;
}
