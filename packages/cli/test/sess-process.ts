import { fileURLToPath } from 'node:url';
import { NodeProcess } from '@sess/loopback';

import { SECRET } from './run.ts';

export const PROGRAM = fileURLToPath(new URL('../bin/sess.js', import.meta.url));

/** The command in a process of its own. `imported` is code that it runs before. */
export function sessProcess(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  imported?: string,
): NodeProcess {
  const before = imported === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(imported)}`];
  return new NodeProcess([...before, PROGRAM, ...words], { env: { SESS_SECRET: SECRET, ...env } });
}
