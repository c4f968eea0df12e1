import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'undici';
import type { AppConfig, AppStatus, Framework, FromApp, ToApp } from './app-messages.ts';
import type { ChildProcesses } from './child-processes.ts';

/** Time for a process to listen, and to have the first node list. */
const START_TIMEOUT_MS = 30_000;
/** Time for a process to close by itself before it is killed. */
const STOP_TIMEOUT_MS = 3_000;
/** Time for an answer over the message channel. */
const STATUS_TIMEOUT_MS = 10_000;
const CONNECTIONS = 32;
/** How much of a process' last words is kept for an error message, in characters. */
const LAST_WORDS = 2_000;

/** One running app process, and the connections to it. */
export class AppProcess {
  readonly framework: Framework;
  readonly port: number;
  readonly pool: Pool;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (status: AppStatus) => void>();
  #asked = 0;

  /** Resolves when the process listens; rejects with what it says when it cannot. */
  static async start(children: ChildProcesses, config: AppConfig): Promise<AppProcess> {
    const child = children.fork(new URL('./app-process-main.js', import.meta.url));
    try {
      return new AppProcess(child, config.framework, await listening(child, config));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, framework: Framework, port: number) {
    this.#child = child;
    this.framework = framework;
    this.port = port;
    this.pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, headersTimeout: 15_000, bodyTimeout: 15_000 });
    child.on('message', (message: FromApp) => {
      if (message.type === 'status') this.#waiting.get(message.id)?.(message.status);
    });
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What the process knows of the cluster now. */
  async status(): Promise<AppStatus> {
    const id = (this.#asked += 1);
    try {
      return await new Promise<AppStatus>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${this.#name} did not tell its status in ${STATUS_TIMEOUT_MS} ms`)),
          STATUS_TIMEOUT_MS,
        );
        this.#waiting.set(id, (status) => {
          clearTimeout(timer);
          resolve(status);
        });
        tell(this.#child, { type: 'status', id });
      });
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** As a machine that is gone: no goodbye. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
    await this.pool.destroy();
  }

  /** Lets the process close by itself, and kills it when that takes too long. */
  async close(): Promise<void> {
    await this.pool.destroy();
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended();
    clearTimeout(timer);
  }

  get #name(): string {
    return `the ${this.framework} process on port ${this.port}`;
  }

  async #ended(): Promise<void> {
    if (this.alive) await once(this.#child, 'exit');
  }
}

/** The port that the process listens on. */
async function listening(child: ChildProcess, config: AppConfig): Promise<number> {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the ${config.framework} process did not listen within ${START_TIMEOUT_MS} ms`)),
        START_TIMEOUT_MS,
      );
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        reject(new Error(`the ${config.framework} process ended at its start (${signal ?? `exit code ${code}`}). ${lastWords}`.trim()));
      });
      child.once('message', (message: FromApp) => {
        if (message.type === 'listening') resolve(message.port);
        else if (message.type === 'failed') reject(new Error(wordsFor(message, config)));
      });
      tell(child, { type: 'start', config });
    });
  } finally {
    clearTimeout(timer);
  }
}

function wordsFor({ message, code }: Extract<FromApp, { type: 'failed' }>, { framework, port }: AppConfig): string {
  if (code === 'EADDRINUSE')
    return `port ${port} on 127.0.0.1 is in use. End what listens there, or choose another first port with --port; the apps take ports in a row.`;
  return `the ${framework} process could not start: ${message}`;
}

/** A message to a process that just died is lost; that it died is told by its `exit`. */
function tell(child: ChildProcess, message: ToApp): void {
  if (child.connected) child.send(message, () => undefined);
}
