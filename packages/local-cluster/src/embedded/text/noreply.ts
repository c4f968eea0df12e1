import type { Reply } from '../reply.ts';

/** Returns a function that writes lines, or nothing (errors included) if the command ends with `noreply`. */
export function answerer(words: readonly string[], reply: Reply): (line: string) => void {
  return words.at(-1) === 'noreply' ? () => undefined : (line) => reply.line(line);
}
