import { ChildProgram } from '@sess/child-program';

/** Time for a process to close by itself before it is killed. */
export const STOP_TIMEOUT_MS = 3_000;

/** Every process that the lab starts itself, so that none is left behind. */
export class ChildProcesses {
  readonly #running = new Set<ChildProgram<unknown>>();

  /** Starts the script at `url`; `name` is for errors. */
  start<Message>(url: URL, name: string): ChildProgram<Message> {
    const program = new ChildProgram<Message>(url, { name, quiet: true });
    this.#running.add(program);
    program.onEnd(() => this.#running.delete(program));
    return program;
  }

  /** Kills all that still run, at once: the last resort, and safe in an `exit` listener. */
  killAll(): void {
    for (const program of this.#running) program.signal('SIGKILL');
  }
}
