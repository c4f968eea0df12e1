import type { ChildProgram } from '@sess/loopback';
import { Pool } from 'undici';
import type { AppConfig, AppStatus, Framework, FromApp, ToApp } from './app-messages.ts';
import { STOP_TIMEOUT_MS, type ChildProcesses } from '../process/child-processes.ts';

/** Time for an app to get its first node list and to listen. */
const START_TIMEOUT_MS = 120_000;
/** Time for an answer over the message channel. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Time for a drain: an agreement, and every key that the node holds. */
const DRAIN_TIMEOUT_MS = 60_000;
const POOL_OPTIONS = { connections: 32, headersTimeout: 15_000, bodyTimeout: 15_000 } as const;

type Answer = Extract<FromApp, { type: 'answer' }>;
/** A request before it gets its id. */
type Question = { readonly type: 'status' | 'stop' } | { readonly type: 'drain'; readonly node: string };

/** One app process, and the connections to its app. */
export class AppProcess {
  readonly framework: Framework;
  readonly #program: ChildProgram<FromApp>;
  #port = 0;
  #pool: Pool | undefined;
  #asked = 0;

  /** Resolves when the app listens; rejects with the app's reason if it cannot. */
  static async start(children: ChildProcesses, config: AppConfig): Promise<AppProcess> {
    const program = children.start<FromApp>(
      new URL('./app-process-main.js', import.meta.url),
      `the ${config.framework} process`,
    );
    const process = new AppProcess(program, config.framework);
    try {
      await process.run(config);
    } catch (error) {
      await program.kill();
      throw error;
    }
    return process;
  }

  private constructor(program: ChildProgram<FromApp>, framework: Framework) {
    this.#program = program;
    this.framework = framework;
  }

  get port(): number {
    return this.#port;
  }

  get alive(): boolean {
    return this.#program.isAlive;
  }

  /** The connections to the app. */
  get pool(): Pool {
    if (this.#pool === undefined) throw new Error(`${this.#name} does not listen yet`);
    return this.#pool;
  }

  /** Replaces the app in this process. Resolves when the new app listens. */
  async run(config: AppConfig): Promise<void> {
    await this.#pool?.destroy();
    this.#port = await this.#listening(config);
    this.#pool = new Pool(`http://127.0.0.1:${this.#port}`, POOL_OPTIONS);
  }

  /** The app's current view of the cluster. */
  async status(): Promise<AppStatus> {
    return (await this.#ask({ type: 'status' }, ANSWER_TIMEOUT_MS)).status;
  }

  /** Drains `node` through the app's client. */
  async drain(node: string): Promise<void> {
    await this.#ask({ type: 'drain', node }, DRAIN_TIMEOUT_MS);
  }

  /** Ends the app in this process; {@link run} starts another one. */
  async stop(): Promise<void> {
    await this.#pool?.destroy();
    await this.#ask({ type: 'stop' }, ANSWER_TIMEOUT_MS);
  }

  /** Kills the process, like the loss of its machine. Resolves when the process has ended. */
  async kill(): Promise<void> {
    await this.#program.kill();
    await this.#pool?.destroy();
  }

  /** Ends the process as a deploy does: pending requests get their answers first. */
  async retire(): Promise<void> {
    await this.#pool?.close();
    await this.close();
  }

  /** Lets the process close by itself, and kills it after a timeout. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
    await this.#program.stop(STOP_TIMEOUT_MS);
  }

  get #name(): string {
    return `the ${this.framework} process on port ${this.#port}`;
  }

  async #ask(question: Question, timeoutMs: number): Promise<Answer> {
    const id = (this.#asked += 1);
    const order = { ...question, id } satisfies ToApp;
    const answer = await this.#program.ask(order, {
      isWanted: (told) => told.type === 'answer' && told.id === id,
      timeoutMs,
    });
    if (answer.type !== 'answer') throw new Error(`the ${this.framework} process answered with ${answer.type}`);
    if (answer.error !== undefined) throw new Error(`${this.#name} could not ${question.type}: ${answer.error}`);
    return answer;
  }

  async #listening(config: AppConfig): Promise<number> {
    const order = { type: 'start', config } satisfies ToApp;
    const told = await this.#program.ask(order, {
      isWanted: ({ type }) => type !== 'answer',
      timeoutMs: START_TIMEOUT_MS,
    });
    if (told.type === 'listening') return told.port;
    throw new Error(
      told.type === 'failed' ? wordsFor(told, config) : `the ${this.framework} process answered with ${told.type}`,
    );
  }
}

function wordsFor({ message, code }: Extract<FromApp, { type: 'failed' }>, { framework, port }: AppConfig): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} on 127.0.0.1 is in use. End what listens there, or choose another first port with --port; the apps take ports in a row.`;
  }
  return `the ${framework} process could not start: ${message}`;
}
