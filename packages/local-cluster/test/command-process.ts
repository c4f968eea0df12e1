import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { onTestFinished } from 'vitest';

const PROGRAM = new URL('../bin/sess-cluster.js', import.meta.url).pathname;

/** One line of `--json`. */
export interface CommandEvent {
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
  readonly command?: string;
  readonly runtime?: string;
  readonly configurationEndpoint: string;
  readonly configurationVersion?: number;
  readonly nodes: readonly {
    readonly number: number;
    readonly id: string;
    readonly port: number;
    readonly state: string;
  }[];
}

/** The command as a child process. */
export class CommandProcess {
  readonly process: ChildProcess;
  readonly #lines: Interface;
  readonly #events: AsyncIterator<string>;
  readonly #ended: Promise<unknown[]>;
  #errors = '';

  constructor(words: readonly string[], input: 'pipe' | 'ignore' = 'pipe') {
    const stdio: StdioOptions = [input, 'pipe', 'pipe'];
    this.process = spawn(process.execPath, [PROGRAM, ...words], { stdio });
    this.#ended = once(this.process, 'close');
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    if (!this.process.stdout) throw new Error('the command has no standard output');
    this.#lines = createInterface({ input: this.process.stdout });
    this.#events = this.#lines[Symbol.asyncIterator]();
  }

  /** The next line of output; `undefined` at its end. */
  async line(): Promise<string | undefined> {
    const { done, value } = await this.#events.next();
    return done === true ? undefined : value;
  }

  /** The next line of `--json` output. */
  async event(): Promise<CommandEvent> {
    const line = await this.line();
    if (line === undefined) throw new Error(`no further output; on standard error: ${this.#errors}`);
    return JSON.parse(line) as CommandEvent;
  }

  type(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.process.stdin?.end();
  }

  /** Resolves at the end to the exit code and all of standard error. */
  async end(): Promise<{ readonly code: number | null; readonly errors: string }> {
    // Unread output would keep the process from ending.
    this.process.stdout?.resume();
    await this.#ended;
    return { code: this.process.exitCode, errors: this.#errors };
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** Starts the command, which ends with the test at the latest. */
export function runCommand(words: readonly string[], input?: 'pipe' | 'ignore'): CommandProcess {
  const command = new CommandProcess(words, input);
  onTestFinished(async () => {
    command.kill('SIGKILL');
    await command.end();
  });
  return command;
}
