import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves when every thread of the process has stopped (state `T` in `/proc`). The signal alone only asks for it: for
 * a moment the process may still answer. Where there is no `/proc`, the signal has to do.
 */
export async function untilStopped(pid: number): Promise<void> {
  while (!(await threadStates(pid)).every((state) => state === 'T')) await pause(1);
}

async function threadStates(pid: number): Promise<readonly string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  return Promise.all(threads.map((thread) => stateOf(`/proc/${pid}/task/${thread}/stat`)));
}

/** A thread that has just ended counts as stopped. */
async function stateOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // The name in parentheses may itself hold spaces and parentheses; the state follows the last one.
  return text === '' ? 'T' : (text.slice(text.lastIndexOf(')') + 2)[0] ?? 'T');
}
