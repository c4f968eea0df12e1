import { isValidKey } from '../key-check.ts';
import { ReplyFault } from './reply-fault.ts';

/** `key=NAME exp=SECONDS ...`: NAME is URL-encoded, SECONDS since 1970 or -1. The rest differs between versions. */
const KEY_LINE = /^key=((?:[^\s%]|%[0-9A-Fa-f]{2})+) exp=-?\d+(?: |$)/;
const ESCAPED = /%([0-9A-Fa-f]{2})/g;

/** The key in one line of a listing; `undefined` for a key that this client can't have written. */
export function keyInLine(line: string): string | undefined {
  const encoded = KEY_LINE.exec(line)?.[1];
  if (encoded === undefined) throw new ReplyFault('a line of the listing names no key');
  const key = encoded.replaceAll(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return isValidKey(key) ? key : undefined;
}
