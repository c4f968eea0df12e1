import type { ChildProcess } from 'node:child_process';
import { Pool } from 'undici';
import type { AppConfig, AppStatus, Framework, FromApp, ToApp } from './app-messages.ts';
import { endChild, ended, isAlive, type ChildProcesses } from '../process/child-processes.ts';

/** Time for an app to listen, and to have the first node list. */
const START_TIMEOUT_MS = 120_000;
/** Time for an answer over the message channel. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Time for a drain: an agreement, and every key that the node holds. */
const DRAIN_TIMEOUT_MS = 60_000;
const POOL_OPTIONS = { connections: 32, headersTimeout: 15_000, bodyTimeout: 15_000 } as const;
/** How much of a process' last words is kept for an error message, in characters. */
const LAST_WORDS = 2_000;

type Started = Extract<FromApp, { type: 'listening' | 'failed' }>;
type Answer = Extract<FromApp, { type: 'answer' }>;
/** A question before it has its number. */
type Question = { readonly type: 'status' | 'stop' } | { readonly type: 'drain'; readonly node: string };

/** One app process, and the connections to the app that runs in it. */
export class AppProcess {
  readonly framework: Framework;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #started: ((answer: Started) => void) | undefined;
  #port = 0;
  #pool: Pool | undefined;
  #asked = 0;
  #lastWords = '';

  /** Resolves when the app listens; rejects with what it says when it cannot. */
  static async start(children: ChildProcesses, config: AppConfig): Promise<AppProcess> {
    const process = new AppProcess(children.fork(new URL('./app-process-main.js', import.meta.url)), config.framework);
    try {
      await process.run(config);
    } catch (error) {
      process.#child.kill('SIGKILL');
      throw error;
    }
    return process;
  }

  private constructor(child: ChildProcess, framework: Framework) {
    this.#child = child;
    this.framework = framework;
    child.on('message', (message: FromApp) => {
      if (message.type === 'answer') this.#waiting.get(message.id)?.(message);
      else this.#started?.(message);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
  }

  get port(): number {
    return this.#port;
  }

  get alive(): boolean {
    return isAlive(this.#child);
  }

  /** The connections to the app. */
  get pool(): Pool {
    if (this.#pool === undefined) throw new Error(`${this.#name} does not listen yet`);
    return this.#pool;
  }

  /** Runs an app in this process, in the place of the one before. Resolves when it listens. */
  async run(config: AppConfig): Promise<void> {
    await this.#pool?.destroy();
    this.#port = await this.#listening(config);
    this.#pool = new Pool(`http://127.0.0.1:${this.#port}`, POOL_OPTIONS);
  }

  /** What the app knows of the cluster now. */
  async status(): Promise<AppStatus> {
    return (await this.#ask({ type: 'status' }, ANSWER_TIMEOUT_MS)).status;
  }

  /** Empties `node` through the app's client, before it is taken away. */
  async drain(node: string): Promise<void> {
    await this.#ask({ type: 'drain', node }, DRAIN_TIMEOUT_MS);
  }

  /** Ends the app that runs in this process; {@link run} starts another. */
  async stop(): Promise<void> {
    await this.#pool?.destroy();
    await this.#ask({ type: 'stop' }, ANSWER_TIMEOUT_MS);
  }

  /** As a machine that is gone: no goodbye. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await ended(this.#child);
    await this.#pool?.destroy();
  }

  /** As a deploy ends a process: what is under way is answered first. */
  async retire(): Promise<void> {
    await this.#pool?.close();
    await this.close();
  }

  /** Lets the process close by itself, and kills it when that takes too long. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
    await endChild(this.#child);
  }

  get #name(): string {
    return `the ${this.framework} process on port ${this.#port}`;
  }

  async #ask(question: Question, timeoutMs: number): Promise<Answer> {
    const id = (this.#asked += 1);
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${this.#name} did not answer "${question.type}" in ${timeoutMs} ms`)), timeoutMs);
        this.#waiting.set(id, resolve);
        this.#tell({ ...question, id });
      });
      if (answer.error !== undefined) throw new Error(`${this.#name} could not ${question.type}: ${answer.error}`);
      return answer;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async #listening(config: AppConfig): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    let exited: ((code: number | null, signal: NodeJS.Signals | null) => void) | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`the ${config.framework} app did not listen within ${START_TIMEOUT_MS} ms`)),
          START_TIMEOUT_MS,
        );
        exited = (code, signal) =>
          reject(
            new Error(`the ${config.framework} process ended at its start (${signal ?? `exit code ${code}`}). ${this.#lastWords}`.trim()),
          );
        this.#child.once('exit', exited).once('error', reject);
        this.#started = (answer) => (answer.type === 'listening' ? resolve(answer.port) : reject(new Error(wordsFor(answer, config))));
        this.#tell({ type: 'start', config });
      });
    } finally {
      clearTimeout(timer);
      this.#started = undefined;
      if (exited !== undefined) this.#child.off('exit', exited);
    }
  }

  /** A message to a process that just died is lost; that it died is told by its `exit`. */
  #tell(message: ToApp): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

function wordsFor({ message, code }: Extract<FromApp, { type: 'failed' }>, { framework, port }: AppConfig): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} on 127.0.0.1 is in use. End what listens there, or choose another first port with --port; the apps take ports in a row.`;
  }
  return `the ${framework} process could not start: ${message}`;
}
