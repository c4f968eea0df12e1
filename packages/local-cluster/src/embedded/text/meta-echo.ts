import type { MetaFlags } from './meta-flags.ts';

/** Longest opaque token, its `O` included. */
const MAX_OPAQUE = 32;

export const OPAQUE_TOO_LONG = 'CLIENT_ERROR opaque token too long';

/** Whether the opaque token is longer than memcached allows. */
export function hasLongOpaque(flags: MetaFlags): boolean {
  return flags.words.some((word) => word.startsWith('O') && word.length > MAX_OPAQUE);
}

/** The parts of a command that its reply repeats, in the command's order: ` O<opaque>` and ` k<key>`. */
export function echo(flags: MetaFlags): string {
  return flags.words.map((word) => echoWord(word, flags.key, flags.binaryKey)).join('');
}

/** The same for one flag; empty for all but `O` and `k`. */
export function echoWord(word: string, key: string, binary: boolean): string {
  if (word.startsWith('O')) return ` ${word}`;
  return word.startsWith('k') ? ` k${showKey(key, binary)}` : '';
}

/** A key as in meta replies: a binary one as base64 with the flag `b`. */
export function showKey(key: string, binary: boolean): string {
  return binary ? `${Buffer.from(key, 'latin1').toString('base64')} b` : key;
}
