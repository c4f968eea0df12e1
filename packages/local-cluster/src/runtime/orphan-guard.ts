import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long ending what is left may be waited for, in milliseconds. */
const CLOSE_MS = 30_000;

/**
 * Ends nodes whose owner is gone. A small shell holds the other end of a pipe to this process: when the pipe closes
 * (`process.exit`, an uncaught error, Ctrl-C, even `kill -9`), it ends what is still noted and exits. No signal handler
 * and no `exit` handler of this package stands in the application's way.
 *
 * The shell runs in its own session, so that Ctrl-C in a terminal does not take it down first.
 */
export class OrphanGuard {
  readonly #shell: ChildProcess;

  /**
   * @param ending - shell text that ends what is left; `$left` holds the names, separated by spaces, `$1`, `$2` ... are
   *   `words`
   * @param words - file names and the like, which the shell must not interpret
   */
  constructor(ending: string, words: readonly string[]) {
    this.#shell = spawn('/bin/sh', ['-c', script(ending), 'sess-cluster-guard', ...words], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a guard everything works but the clean-up after a killed owner; no reason to fail.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
    // A pipe of a child process is a socket, which the declared type does not say.
    (this.#shell.stdin as { unref?: () => void } | null)?.unref?.();
  }

  /** Notes what has to be ended: a process id or a container's name. */
  add(name: string): void {
    this.#shell.stdin?.write(`+ ${name}\n`);
  }

  /** Strikes out what has ended, so that a process id used anew by the system is safe. */
  remove(name: string): void {
    this.#shell.stdin?.write(`- ${name}\n`);
  }

  /** Lets the shell end what is left and exit. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    this.#shell.stdin?.end();
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#shell.ref();
    const limit = AbortSignal.timeout(CLOSE_MS);
    // Should an engine hang, the shell goes on by itself.
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
