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
 * Resolves at the first signal. The second one ends the process at once; the guards then end the nodes.
 *
 * Call it before anything is started, so that nothing survives an early Ctrl-C.
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
 * Passes each line of standard input to `handle`, one after another, until it returns `quit` or the input ends. The end
 * of a device other than a terminal (`/dev/null` of a service or container) does not count: then this never resolves.
 */
export async function untilInputEnds(
  handle: (line: string) => Promise<'go on' | 'quit'>,
  prompt: string,
): Promise<Ending> {
  const { stdin, stdout } = process;
  const lines = createInterface({ input: stdin, ...(stdin.isTTY && { output: stdout, prompt }) });
  // In a terminal, readline catches Ctrl-C.
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
    // Standard input is closed: like /dev/null.
    return true;
  }
}
