import { StoreError } from './errors.ts';

/** A session as another library stores it: what JSON makes of it. */
export type Document = Record<string, unknown>;

/**
 * The session as JSON text.
 *
 * @throws {StoreError} `SESS_BAD_DATA` when JSON can't carry it, or it is no object.
 */
export function encodeDocument(session: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(session);
  } catch (error) {
    throw new StoreError(
      'SESS_BAD_DATA',
      "the session can't be encoded as JSON: it holds a BigInt, a cycle, or something whose toJSON fails",
      {
        cause: error,
      },
    );
  }
  if (text === undefined || !text.startsWith('{')) {
    throw new StoreError('SESS_BAD_DATA', `a session must encode as a JSON object; got ${session === null ? 'null' : typeof session}`);
  }
  return text;
}

/**
 * The session from stored bytes, or `undefined` where they are not a JSON object: then there is no session.
 *
 * `__proto__` as a key is dropped: libraries copy a session key by key, and the copy would get another prototype.
 */
export function decodeDocument(value: Uint8Array): Document | undefined {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  try {
    const parsed: unknown = isSuspicious(text) ? JSON.parse(text, dropPrototype) : JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Document;
  } catch {
    // Another program's bytes, or damaged ones.
  }
  return undefined;
}

/** Whether `__proto__` can be a key; an escape can hide any of its letters. */
function isSuspicious(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u');
}

function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
