import type { Reply } from '../reply.ts';

/** Writes lines, or nothing at all (errors included) when the command ends with `noreply`. */
export function answerer(words: readonly string[], reply: Reply): (line: string) => void {
  return words.at(-1) === 'noreply' ? () => undefined : (line) => reply.line(line);
}
