import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Time for a process to close by itself before it is killed. */
const STOP_TIMEOUT_MS = 3_000;

/** Every process that the lab starts itself, so that none is left behind. */
export class ChildProcesses {
  readonly #running = new Set<ChildProcess>();

  /**
   * Starts the script at `url` with a message channel. Its standard error is piped. It stays in the lab's process group and is expected to end
   * when the channel closes, which the system does even when the lab is killed.
   */
  fork(url: URL): ChildProcess {
    const child = fork(url, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Kills all that still run, at once: the last resort, and safe in an `exit` listener. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

export function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Resolves when the process has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (isAlive(child)) await once(child, 'exit');
}

/** Closes its channel, so that the process ends by itself, and kills it when that takes too long. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended(child);
  clearTimeout(timer);
}
