import type { ChildProgram } from '@sess/loopback';
import { STOP_TIMEOUT_MS, type ChildProcesses } from '../process/child-processes.ts';

/** PGlite creates a new database, which takes seconds, and longer on a busy machine. */
const START_TIMEOUT_MS = 120_000;
const NAME = 'the database behind sess-database';

/** The only message of the process. */
export type FromDatabase =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string };

/** A database in its own process. All data is gone when the process ends. */
export class DatabaseProcess {
  /** For `postgresBacking`, and for `SESS_BACKING` of the demo apps. */
  readonly url: string;
  readonly #program: ChildProgram<FromDatabase>;
  #closing = false;

  /**
   * Resolves when the database listens and has its tables; rejects with its reason if it can't start. Calls `onLost` if
   * the process ends before it is closed.
   */
  static async start(children: ChildProcesses, onLost: (how: string) => void): Promise<DatabaseProcess> {
    const program = children.start<FromDatabase>(new URL('./database-process-main.js', import.meta.url), NAME);
    try {
      return new DatabaseProcess(program, await listening(program), onLost);
    } catch (error) {
      await program.kill();
      throw error;
    }
  }

  private constructor(program: ChildProgram<FromDatabase>, url: string, onLost: (how: string) => void) {
    this.#program = program;
    this.url = url;
    program.onEnd((how) => {
      if (!this.#closing) onLost(how);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#program.stop(STOP_TIMEOUT_MS);
  }
}

async function listening(program: ChildProgram<FromDatabase>): Promise<string> {
  try {
    const told = await program.next({ timeoutMs: START_TIMEOUT_MS });
    if (told.type === 'listening') return told.url;
    throw new Error(`${NAME} could not start: ${told.message}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}. To do without, name other strategies with --strategy.`, { cause: error });
  }
}
