import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Time limit for ending the remaining nodes, in milliseconds. */
const CLOSE_MS = 30_000;

/**
 * Ends nodes whose owner is gone. A small shell holds the other end of a pipe to this process: when the pipe closes
 * (`process.exit`, an uncaught error, Ctrl-C, even `kill -9`), it ends the registered nodes and exits. So this package
 * needs no signal or `exit` handler in the application.
 *
 * The shell runs in its own session, so that Ctrl-C in a terminal does not end it first.
 */
export class OrphanGuard {
  readonly #shell: ChildProcess;

  /**
   * @param ending - shell script that ends the remaining nodes; `$left` holds their names, separated by spaces, `$1`,
   *   `$2` ... are `words`
   * @param words - arguments that the shell must not interpret, such as file names
   */
  constructor(ending: string, words: readonly string[]) {
    this.#shell = spawn('/bin/sh', ['-c', script(ending), 'sess-cluster-guard', ...words], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a guard, only the clean-up after a killed owner fails.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
    // A child process's pipe is a socket, unlike its declared type.
    (this.#shell.stdin as { unref?: () => void } | null)?.unref?.();
  }

  /** Registers a node: a process id or a container's name. */
  add(name: string): void {
    this.#shell.stdin?.write(`+ ${name}\n`);
  }

  /** Unregisters a node that has ended: the system may reuse its process id. */
  remove(name: string): void {
    this.#shell.stdin?.write(`- ${name}\n`);
  }

  /** Makes the shell end the remaining nodes and exit. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    this.#shell.stdin?.end();
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#shell.ref();
    const limit = AbortSignal.timeout(CLOSE_MS);
    // If an engine hangs, the shell continues by itself.
    await once(this.#shell, 'exit', { signal: limit }).catch(() => this.#shell.unref());
  }
}

function script(ending: string): string {
  return `
trap '' INT TERM HUP QUIT
left=
while read -r sign name; do
  if [ "$sign" = + ]; then left="$left $name"; continue; fi
  rest=
  for one in $left; do [ "$one" = "$name" ] || rest="$rest $one"; done
  left=$rest
done
${ending}`;
}
