import { mergeData, own, setOwn, type PlainObject } from './merge-data.ts';
import type { ContentCodec } from '../content/content.ts';
import type { SessionData } from '../session.ts';

/**
 * A call of an operation that replaces the data. Not every handler awaits it: what it sets after the call belongs to
 * the new data.
 */
export interface DataAtCall {
  /** Calls before it in this request. */
  readonly number: number;
  /** The encoded data at the call; `undefined` if it can't be encoded, and so can't be compared. */
  text: string | undefined;
}

/** How the data changed between two points of a handler. */
export interface DataChange {
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The keys that were set or deleted, also if they have the same value again. */
  readonly written: readonly string[];
}

/** The encoded data; `undefined` if it can't be encoded. */
export function textOf(codec: ContentCodec, data: SessionData): string | undefined {
  try {
    return codec.encode(data);
  } catch {
    return undefined;
  }
}

/** Applies a change of the data to `next`, and returns the result. */
export function applyChange(
  codec: ContentCodec,
  { before, after, written }: DataChange,
  next: SessionData,
): SessionData {
  const isChanged = before !== undefined && after !== undefined && before !== after;
  if (!isChanged && written.length === 0) return next;
  const merged = isChanged ? mergeData(codec.decode(before), codec.decode(after), next, 'mine') : { ...next };
  if (after === undefined) return merged;
  const set = codec.decode(after) as PlainObject;
  for (const key of written) setOwn(merged, key, own(set, key));
  return merged;
}

/**
 * An object that changes `data` and reports each key that it sets or deletes: setting a key to the value that it has
 * leaves no other trace.
 */
export function reportWrites(data: SessionData, report: (key: string) => void): SessionData {
  return new Proxy(data, {
    defineProperty(target, key, descriptor) {
      if (typeof key === 'string') report(key);
      return Reflect.defineProperty(target, key, descriptor);
    },
    deleteProperty(target, key) {
      if (typeof key === 'string') report(key);
      return Reflect.deleteProperty(target, key);
    },
  });
}
