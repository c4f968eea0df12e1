import type { ChildProcess } from 'node:child_process';
import { endChild, type ChildProcesses } from '../process/child-processes.ts';

/** PGlite makes a database from nothing, which takes seconds, more of them on a busy machine. */
const START_TIMEOUT_MS = 120_000;
/** How much of the process' last words is kept for an error message, in characters. */
const LAST_WORDS = 2_000;

/** What the process says, once. */
export type FromDatabase = { readonly type: 'listening'; readonly url: string } | { readonly type: 'failed'; readonly message: string };

/** A database in a process of its own, which forgets everything when it ends. */
export class DatabaseProcess {
  /** For `postgresBacking`, and for `SESS_BACKING` of the demo apps. */
  readonly url: string;
  readonly #child: ChildProcess;
  #closing = false;

  /** Resolves when it takes connections and has its tables; rejects with what it says when it can't. `onLost` is told when it ends before it was closed. */
  static async start(children: ChildProcesses, onLost: (how: string) => void): Promise<DatabaseProcess> {
    const child = children.fork(new URL('./database-process-main.js', import.meta.url));
    try {
      return new DatabaseProcess(child, await listening(child), onLost);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, url: string, onLost: (how: string) => void) {
    this.#child = child;
    this.url = url;
    child.once('exit', (code, signal) => {
      if (!this.#closing) onLost(signal ?? `exit code ${code}`);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await endChild(this.#child);
  }
}

async function listening(child: ChildProcess): Promise<string> {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`the database behind sess-database ${why}. To do without, name other strategies with --strategy.`));
      timer = setTimeout(() => fail(`did not start within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
      child.once('error', (error) => fail(`could not be started: ${error.message}`));
      child.once('close', (code, signal) => fail(`ended at its start (${signal ?? `exit code ${code}`}) ${lastWords}`.trim()));
      child.once('message', (message: FromDatabase) =>
        message.type === 'listening' ? resolve(message.url) : fail(`could not start: ${message.message}`),
      );
    });
  } finally {
    clearTimeout(timer);
  }
}
