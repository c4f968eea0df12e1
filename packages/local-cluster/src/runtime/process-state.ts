import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves when every thread of the process has stopped (state `T` in `/proc`): after the signal, the process may still
 * answer for a moment. Without `/proc`, resolves at once.
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
  // The name in parentheses may contain spaces and parentheses; the state follows the last one.
  return text === '' ? 'T' : (text.slice(text.lastIndexOf(')') + 2)[0] ?? 'T');
}
