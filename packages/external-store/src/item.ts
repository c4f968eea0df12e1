/**
 * The stored form of one item: a letter for its kind, then text.
 *
 * - `value`: may be replaced at any time, also after its removal.
 * - `unique`: its key is used once, such as a session's token: never stored again after its removal.
 * - `counter`: a number, and the end of its window in milliseconds since 1970.
 * - `removed`: the mark that a removal leaves, so that an older copy elsewhere is not taken for the item.
 */
export type Item =
  | { readonly kind: 'value' | 'unique'; readonly text: string }
  | { readonly kind: 'counter'; readonly count: number; readonly endsAt: number }
  | { readonly kind: 'removed' };

const LETTERS = { value: 'v', unique: 'u', counter: 'c', removed: 'r' } as const;

export function encodeItem(item: Item): Buffer {
  return Buffer.from(LETTERS[item.kind] + contentOf(item));
}

function contentOf(item: Item): string {
  if (item.kind === 'counter') return `${item.count} ${item.endsAt}`;
  return item.kind === 'removed' ? '' : item.text;
}

/** `undefined` for bytes that are not an item. */
export function decodeItem(bytes: Uint8Array): Item | undefined {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const text = stored.slice(1);
  if (stored.startsWith(LETTERS.value)) return { kind: 'value', text };
  if (stored.startsWith(LETTERS.unique)) return { kind: 'unique', text };
  if (stored.startsWith(LETTERS.counter)) return counterOf(text);
  return stored === LETTERS.removed ? { kind: 'removed' } : undefined;
}

function counterOf(text: string): Item | undefined {
  const [count = Number.NaN, endsAt = Number.NaN] = text.split(' ').map(Number);
  return Number.isSafeInteger(count) && Number.isSafeInteger(endsAt) ? { kind: 'counter', count, endsAt } : undefined;
}

/** The text that the library sees: `undefined` for a removed item and for a counter whose window is over. */
export function textOf(item: Item | undefined, now: number = Date.now()): string | undefined {
  if (item === undefined || item.kind === 'removed') return undefined;
  if (item.kind !== 'counter') return item.text;
  return item.endsAt > now ? String(item.count) : undefined;
}
