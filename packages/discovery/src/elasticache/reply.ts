/**
 * A server's reply to a discovery command, parsed from bytes. Pure: the same bytes give the same reply, however they
 * were split.
 *
 * Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoDiscovery.AddingToYourClientLibrary.html
 */
export type Reply =
  /** `CONFIG cluster …`, complete; `text` is the payload. */
  | { readonly kind: 'payload'; readonly text: string }
  /** `END`: the server knows the command but has no list. */
  | { readonly kind: 'nothing' }
  /** `VERSION 1.6.18` */
  | { readonly kind: 'version'; readonly version: string }
  /** `ERROR`: the server does not know the command. */
  | { readonly kind: 'unknown-command' }
  /** `ERROR Too many open connections`: the server has as many connections as its `-c` allows. */
  | { readonly kind: 'full' }
  /** `CLIENT_ERROR …` or `SERVER_ERROR …`. */
  | { readonly kind: 'refused'; readonly line: string }
  /** Violates the protocol. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** Not complete: parse again once there are at least `needs` bytes. */
export interface Incomplete {
  readonly kind: 'incomplete';
  readonly needs: number;
}

/** Longest first line in bytes. */
export const MAX_LINE_BYTES = 512;
/** Largest payload in bytes: several thousand nodes, far more than services allow. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const VERSION = /^VERSION (\d{1,5}\.\d{1,5}\.\d{1,5})/u;
const HEADER = /^CONFIG cluster \d{1,10} (\d{1,10})(?: \d+)?$/u;
/** The end of a payload. The line break before `END` may be missing: some servers count it as part of the payload. */
const TRAILER = /^[\r\n]{0,4}END\r?\n/u;
const TRAILER_BEGUN = /^[\r\n]{0,4}(?:E(?:N(?:D\r?)?)?)?$/u;
const TRAILER_MIN_BYTES = 'END\n'.length;
const TRAILER_MAX_BYTES = 9;

/** Parses the first reply in `bytes`, which are all received bytes. */
export function parseReply(bytes: Buffer): Reply | Incomplete {
  const first = bytes[0];
  if (first !== undefined && first < SPACE)
    return malformed('it starts with a control character, as TLS does: is the option "tls" missing?');
  const lineEnd = bytes.indexOf(LINE_FEED);
  if ((lineEnd === -1 ? bytes.length : lineEnd) > MAX_LINE_BYTES)
    return malformed(`its first line is longer than ${MAX_LINE_BYTES} bytes`);
  if (lineEnd === -1) return { kind: 'incomplete', needs: bytes.length + 1 };

  const line = bytes.toString('latin1', 0, lineEnd).trimEnd();
  if (line === 'END') return { kind: 'nothing' };
  // Sent at connecting, not as an answer to the command.
  if (line.startsWith('ERROR Too many open connections')) return { kind: 'full' };
  if (/^ERROR\b/u.test(line)) return { kind: 'unknown-command' };
  if (/^(?:CLIENT|SERVER)_ERROR\b/u.test(line)) return { kind: 'refused', line };
  const version = VERSION.exec(line)?.[1];
  if (version !== undefined) return { kind: 'version', version };
  const size = Number(HEADER.exec(line)?.[1] ?? Number.NaN);
  if (Number.isNaN(size))
    return malformed(`it starts with ${excerpt(line)}, not with "CONFIG cluster <flags> <bytes>"`);
  if (size > MAX_PAYLOAD_BYTES)
    return malformed(`it announces ${size} bytes, and at most ${MAX_PAYLOAD_BYTES} are read`);
  return parsePayload(bytes, lineEnd + 1, size);
}

/** Parses by length, not up to `END`: a payload may contain anything. */
function parsePayload(bytes: Buffer, start: number, size: number): Reply | Incomplete {
  const end = start + size;
  if (bytes.length < end + TRAILER_MIN_BYTES) {
    const begun = bytes.toString('latin1', end);
    // Check the trailer byte by byte: don't wait for more if it can't become `END`.
    return TRAILER_BEGUN.test(begun)
      ? { kind: 'incomplete', needs: Math.max(end, bytes.length) + 1 }
      : wrongLength(size);
  }
  const trailer = bytes.toString('latin1', end, end + TRAILER_MAX_BYTES);
  if (TRAILER.test(trailer)) return { kind: 'payload', text: bytes.toString('latin1', start, end) };
  return TRAILER_BEGUN.test(trailer) ? { kind: 'incomplete', needs: bytes.length + 1 } : wrongLength(size);
}

function wrongLength(size: number): Reply {
  return malformed(`its payload is not followed by "END" after the ${size} bytes announced`);
}

function malformed(reason: string): Reply {
  return { kind: 'malformed', reason };
}

const EXCERPT_CHARACTERS = 80;

/** An excerpt of a server's text for an error message: short, in quotes, control characters escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text);
}
