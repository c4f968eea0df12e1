import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Why the command ends. */
export type Ending = 'quit' | 'end of input' | NodeJS.Signals;

const EXIT_CODES: Readonly<Partial<Record<Ending, number>>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function exitCodeOf(ending: Ending): number {
  return EXIT_CODES[ending] ?? 0;
}

/**
 * Resolves at the first signal. The second one ends the process at once; the nodes' guards then do the rest.
 *
 * Listening has to begin before anything is started, so that nothing of it survives an early Ctrl-C.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (asked) process.exit(exitCodeOf(signal));
        asked = true;
        resolve(signal);
      });
    }
  });
}

/**
 * Hands each line of standard input to `handle`, one after another, until it says `quit` or the input ends. Input from
 * a device that is no terminal (`/dev/null`: a service, a container) says nothing by ending; then this never resolves.
 */
export async function untilInputEnds(
  handle: (line: string) => Promise<'go on' | 'quit'>,
  prompt: string,
): Promise<Ending> {
  const { stdin, stdout } = process;
  const lines = createInterface({ input: stdin, ...(stdin.isTTY && { output: stdout, prompt }) });
  // In a terminal, readline takes Ctrl-C for itself.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  if (stdin.isTTY) lines.prompt();
  for await (const line of lines) {
    if ((await handle(line)) === 'quit') return 'quit';
    if (stdin.isTTY) lines.prompt();
  }
  return saysNothing() ? new Promise<never>(() => undefined) : 'end of input';
}

function saysNothing(): boolean {
  if (process.stdin.isTTY) return false;
  try {
    return fstatSync(0).isCharacterDevice();
  } catch {
    // Closed altogether: as good as /dev/null.
    return true;
  }
}
