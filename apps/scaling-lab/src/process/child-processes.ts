import { ChildProgram } from '@sess/loopback';

/** Time for a process to close by itself before it is killed. */
export const STOP_TIMEOUT_MS = 3_000;

/** All processes that the lab starts itself, so that none outlives it. */
export class ChildProcesses {
  readonly #running = new Set<ChildProgram<unknown>>();

  /** Starts the script at `url`; `name` is for errors. */
  start<Message>(url: URL, name: string): ChildProgram<Message> {
    const program = new ChildProgram<Message>(url, { name, quiet: true });
    this.#running.add(program);
    program.onEnd(() => this.#running.delete(program));
    return program;
  }

  /** Kills all running processes at once. The last resort; safe in an `exit` listener. */
  killAll(): void {
    for (const program of this.#running) program.signal('SIGKILL');
  }
}
