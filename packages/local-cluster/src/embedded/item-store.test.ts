import { beforeEach, describe, expect, test } from 'vitest';
import { ItemStore, type StoreMode } from './item-store.ts';
import { itemBytes } from './item.ts';

/** Not a whole second, to test that fractions of seconds don't count. */
const START_MS = 1_700_000_000_700;
const START = 1_700_000_000;

let nowMs = START_MS;
let store: ItemStore;
const keep = (key: string, text = 'x', expiresAt = 0, mode: StoreMode = 'set'): string =>
  store.store(mode, { key, value: Buffer.from(text), flags: 0, expiresAt, cas: 0n }).outcome;

beforeEach(() => {
  nowMs = START_MS;
  store = new ItemStore({ memoryBytes: 1_048_576, itemBytes: 10_000 }, () => nowMs);
});

describe('an item expires', () => {
  test('when its time to live has passed, in whole seconds of the clock', () => {
    keep('a', 'x', store.expiry(10));
    nowMs = (START + 10) * 1_000 - 1;
    expect(store.find('a')).toBeDefined();
    nowMs += 1;
    expect(store.find('a')).toBeUndefined();
    expect(store.counts.expired).toBe(1);
  });

  test.each([
    ['0 is never', 0, 0],
    ['a negative exptime is at once', -1, 1],
    ['up to 30 days it is a duration', 2_592_000, START + 2_592_000],
    ['above 30 days it is a Unix time', 2_592_001, 2_592_001],
  ])('%s', (_name, exptime, expected) => {
    expect(store.expiry(exptime)).toBe(expected);
  });

  test('and tells what is left', () => {
    keep('a', 'x', store.expiry(10));
    keep('b');
    nowMs += 3_000;
    expect([store.find('a'), store.find('b')].map((item) => item && store.remaining(item))).toEqual([7, -1]);
  });
});

describe('memory is bounded', () => {
  test('the least recently used items make room', () => {
    const each = itemBytes(2, 0, 1_000);
    store = new ItemStore({ memoryBytes: 3 * each, itemBytes: 10_000 }, () => nowMs);
    for (const key of ['k1', 'k2', 'k3']) keep(key, 'x'.repeat(1_000));
    store.fetch('k1');
    keep('k4', 'x'.repeat(1_000));
    expect(['k1', 'k2', 'k3', 'k4'].filter((key) => store.find(key))).toEqual(['k1', 'k3', 'k4']);
    expect(store.counts.evictions).toBe(1);
    expect(store.bytes).toBe(3 * each);
  });

  test('what has expired goes before what is alive, however recently it was used', () => {
    const each = itemBytes(2, 0, 1_000);
    store = new ItemStore({ memoryBytes: 3 * each, itemBytes: 10_000 }, () => nowMs);
    keep('k1', 'x'.repeat(1_000));
    for (const key of ['k2', 'k3']) keep(key, 'x'.repeat(1_000), store.expiry(1));
    nowMs += 1_000;
    keep('k4', 'x'.repeat(1_000));
    expect(['k1', 'k4'].filter((key) => store.find(key))).toEqual(['k1', 'k4']);
    expect(store.counts).toMatchObject({ evictions: 0, reclaimed: 2, expired: 0 });
  });

  test('and the bound can be changed', () => {
    const each = itemBytes(2, 0, 1_000);
    for (const key of ['k1', 'k2', 'k3']) keep(key, 'x'.repeat(1_000));
    store.limitMemory(2 * each);
    keep('k4', 'x'.repeat(1_000));
    expect(['k1', 'k2', 'k3', 'k4'].filter((key) => store.find(key))).toEqual(['k3', 'k4']);
  });

  test('every way of losing an item gives its bytes back', () => {
    keep('a', 'x', store.expiry(1));
    keep('b', 'longer');
    keep('b', 's');
    keep('c');
    const c = store.find('c');
    if (c) store.delete(c);
    nowMs += 1_000;
    store.find('a');
    expect(store.bytes).toBe(itemBytes(1, 0, 1));
    store.flush(0);
    store.reclaim();
    expect([store.bytes, store.size]).toEqual([0, 0]);
  });

  test('an item that is too large, or larger than all memory, is refused', () => {
    expect(store.refusal(1, 0, 10_000 - itemBytes(1, 0, 0))).toBeUndefined();
    expect(store.refusal(1, 0, 10_000 - itemBytes(1, 0, 0) + 1)).toBe('too-large');
    expect(store.refusal(1, 1, 10_000 - itemBytes(1, 0, 0))).toBe('too-large');
    store = new ItemStore({ memoryBytes: 1_000, itemBytes: 10_000 });
    expect(store.refusal(1, 0, 2_000)).toBe('no-memory');
  });

  test('an append past the limit of one item is not stored, and leaves the item', () => {
    keep('a', 'x'.repeat(9_000));
    expect(keep('a', 'x'.repeat(9_000), 0, 'append')).toBe('not-stored');
    expect(store.find('a')?.value.length).toBe(9_000);
  });
});

describe('a delayed flush', () => {
  test('takes what was not used since, when its second has come', () => {
    keep('old');
    store.flush(10);
    expect(store.find('old')).toBeDefined();
    nowMs += 9_000;
    expect(store.find('old')).toBeUndefined();
    keep('new');
    nowMs += 1_000;
    expect(store.find('new')).toBeUndefined();
    keep('later');
    nowMs += 60_000;
    expect(store.find('later')).toBeDefined();
  });
});

describe('a listing', () => {
  test('names live items once, even those that are used, replaced or deleted while it is read', () => {
    for (const key of ['a', 'b', 'c', 'd']) keep(key);
    keep('dead', 'x', 1);
    const listing = store.list();
    const seen = [listing.next().value?.key];
    store.fetch('a');
    store.fetch('b');
    keep('c', 'new');
    const d = store.find('d');
    if (d) store.delete(d);
    for (const item of listing) seen.push(item.key);
    expect(seen).toEqual(['a', 'b']);
  });
});
