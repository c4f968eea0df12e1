import type { ChildProgram } from '@sess/child-program';
import { STOP_TIMEOUT_MS, type ChildProcesses } from '../process/child-processes.ts';

/** PGlite makes a database from nothing, which takes seconds, more of them on a busy machine. */
const START_TIMEOUT_MS = 120_000;
const NAME = 'the database behind sess-database';

/** What the process says, once. */
export type FromDatabase =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string };

/** A database in a process of its own, which forgets everything when it ends. */
export class DatabaseProcess {
  /** For `postgresBacking`, and for `SESS_BACKING` of the demo apps. */
  readonly url: string;
  readonly #program: ChildProgram<FromDatabase>;
  #closing = false;

  /**
   * Resolves when it takes connections and has its tables; rejects with what it says when it can't. `onLost` is told
   * when it ends before it was closed.
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
