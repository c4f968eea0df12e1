import { parseInt32, parseUint32, parseUint64 } from '../number-syntax.ts';
import { BAD_FORMAT } from './command.ts';

/** The parsed flags of one meta command. */
export interface MetaFlags {
  /** The flags as received; the reply repeats their order. */
  readonly words: readonly string[];
  readonly key: string;
  /** `b`: the key came as base64. */
  readonly binaryKey: boolean;
  /** `q`: no reply in the nominal case. */
  readonly quiet: boolean;
  /** `v` */
  readonly value: boolean;
  /** `u`: does not count as a use. */
  readonly noUse: boolean;
  /** `I` */
  readonly invalidate: boolean;
  /** `C` */
  readonly cas: bigint | undefined;
  /** `F` */
  readonly clientFlags: number;
  /** `T`: an exptime, not yet converted. */
  readonly exptime: number | undefined;
  /** `N`: exptime of the item created on a miss. */
  readonly vivify: number | undefined;
  /** `R`: recache if less than this time is left. */
  readonly recache: number | undefined;
  /** `M` */
  readonly mode: string | undefined;
  /** `J`, `D` of `ma`. */
  readonly initial: bigint;
  readonly delta: bigint;
}

/** Most words of a meta command, its name included. */
export const MAX_META_WORDS = 19;

const BAD_TOKEN = 'CLIENT_ERROR bad token in command line format';
/** Flags without a value to parse. */
const PLAIN = 'lOPLkstcfvhuqI';

type Draft = { -readonly [Name in keyof MetaFlags]: MetaFlags[Name] };

const NO_FLAGS: Omit<MetaFlags, 'words' | 'key'> = {
  binaryKey: false,
  quiet: false,
  value: false,
  noUse: false,
  invalidate: false,
  cas: undefined,
  clientFlags: 0,
  exptime: undefined,
  vivify: undefined,
  recache: undefined,
  mode: undefined,
  initial: 0n,
  delta: 1n,
};

/** Parses the flags of a meta command like memcached 1.6.18; returns an error text if they are refused. */
export function readMetaFlags(rawKey: string, words: readonly string[]): MetaFlags | string {
  const flags: Draft = { ...NO_FLAGS, words, key: rawKey };
  const seen = new Set<string>();
  let refusal: string | undefined;
  for (const word of words) {
    const letter = word.charAt(0);
    if (letter.charCodeAt(0) >= 127 || seen.has(letter)) return 'CLIENT_ERROR duplicate flag';
    seen.add(letter);
    const problem = readFlag(flags, letter, word.slice(1));
    if (problem === UNKNOWN) return 'CLIENT_ERROR invalid flag';
    // Continues with the later flags: the last error is the one that is sent.
    if (problem !== undefined) refusal = problem === UNSAID ? (refusal ?? BAD_FORMAT) : problem;
  }
  return refusal ?? flags;
}

const UNKNOWN = 'unknown';
/** Refused without an error text of its own. */
const UNSAID = 'unsaid';

function readFlag(flags: Draft, letter: string, text: string): string | undefined {
  switch (letter) {
    case 'b':
      flags.binaryKey = true;
      return set(decodeKey(flags.key), (key) => (flags.key = key), 'CLIENT_ERROR error decoding key');
    case 'T':
      return set(parseInt32(text), (exptime) => (flags.exptime = exptime), BAD_TOKEN);
    case 'N':
      return set(parseInt32(text), (exptime) => (flags.vivify = exptime), BAD_TOKEN);
    case 'R':
      return set(parseInt32(text), (exptime) => (flags.recache = exptime), BAD_TOKEN);
    case 'F':
      return set(parseUint32(text), (clientFlags) => (flags.clientFlags = clientFlags), UNSAID);
    case 'C':
      return set(parseUint64(text), (cas) => (flags.cas = cas), BAD_TOKEN);
    case 'J':
      return set(
        parseUint64(text),
        (initial) => (flags.initial = initial),
        'CLIENT_ERROR invalid numeric initial value',
      );
    case 'D':
      return set(parseUint64(text), (delta) => (flags.delta = delta), 'CLIENT_ERROR invalid numeric delta value');
    case 'M':
      return set(
        text.length === 1 ? text : undefined,
        (mode) => (flags.mode = mode),
        'CLIENT_ERROR incorrect length for M token',
      );
    default:
      if (!PLAIN.includes(letter)) return UNKNOWN;
      if (letter === 'v') flags.value = true;
      if (letter === 'q') flags.quiet = true;
      if (letter === 'u') flags.noUse = true;
      if (letter === 'I') flags.invalidate = true;
      return undefined;
  }
}

function set<T>(value: T | undefined, assign: (value: T) => void, problem: string): string | undefined {
  if (value === undefined) return problem;
  assign(value);
  return undefined;
}

/** Decodes base64 like memcached: ignores other characters; the rest must be a multiple of four. */
export function decodeKey(text: string): string | undefined {
  const known = text.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  if (known === '' || known.length % 4 !== 0) return undefined;
  return Buffer.from(known, 'base64').toString('latin1') || undefined;
}
