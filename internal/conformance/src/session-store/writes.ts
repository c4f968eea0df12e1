import { randomBytes } from 'node:crypto';
import type { SessionStore, StoredSession } from '@sess/session';
import { describe, expect, it } from 'vitest';
import {
  conflict,
  found,
  newKey,
  saved,
  TTL,
  VALUE,
  type SessionStoreBench,
  type SessionStoreSubject,
} from './bench.ts';

export function loadSection(opened: () => SessionStoreBench, { tellsTtl }: SessionStoreSubject): void {
  describe('load', () => {
    it('answers a miss with undefined', async () => {
      expect(await opened().store.load(newKey())).toBeUndefined();
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['line ends and commands', Buffer.from('END\r\nset x 0 0 1\r\n\r\n')],
      ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['64 KiB of noise', randomBytes(65_536)],
    ])('gives back %s as it was saved, here and to another process', async (_, value) => {
      const { store, other } = opened();
      const { key, session } = await saved(store, value);
      for (const read of [session, await found(store, key), await found(other, key)])
        expect(Buffer.compare(read.value, value)).toBe(0);
    });

    it('takes any bytes, not Buffers alone', async () => {
      const { store } = opened();
      const { key } = await saved(store, new Uint8Array([0, 1, 2, 3]).subarray(1));
      expect([...(await found(store, key)).value]).toEqual([1, 2, 3]);
    });

    it('hands out bytes that are the caller’s own', async () => {
      const { store } = opened();
      const value = Buffer.from('before');
      const { key } = await saved(store, value);
      value.fill(0);
      (await found(store, key)).value.fill(0);
      expect(Buffer.from((await found(store, key)).value).toString()).toBe('before');
    });

    it(
      tellsTtl ? 'tells the remaining time to live' : 'does not pretend to know the remaining time to live',
      async () => {
        const { store } = opened();
        const { key } = await saved(store);
        const { ttlSeconds } = await found(store, key);
        if (!tellsTtl) expect(ttlSeconds).toBeUndefined();
        else expect([58, 59, 60]).toContain(ttlSeconds);
      },
    );
  });
}

export function saveSection(opened: () => SessionStoreBench): void {
  describe('save', () => {
    it('refuses to begin a session where there is one', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      await expect(other.save(key, Buffer.from('mine'), { ...TTL, expect: 'absent' })).rejects.toEqual(conflict);
      expect(Buffer.from((await found(store, key)).value)).toEqual(VALUE);
    });

    it('replaces what was loaded, and what was saved before', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      const second = await other.save(key, Buffer.from('second'), { ...TTL, expect: await found(other, key) });
      await other.save(key, Buffer.from('third'), { ...TTL, expect: second });
      expect(Buffer.from((await found(store, key)).value).toString()).toBe('third');
    });

    it('refuses to replace what was changed since', async () => {
      const { store, other } = opened();
      const { key, session } = await saved(store);
      await other.save(key, Buffer.from('theirs'), { ...TTL, expect: await found(other, key) });
      await expect(store.save(key, Buffer.from('mine'), { ...TTL, expect: session })).rejects.toEqual(conflict);
      expect(Buffer.from((await found(store, key)).value).toString()).toBe('theirs');
    });

    it('refuses to replace what was changed since to the very same bytes', async () => {
      const { store, other } = opened();
      const { key, session } = await saved(store);
      await other.save(key, VALUE, { ...TTL, expect: await found(other, key) });
      await expect(store.save(key, Buffer.from('mine'), { ...TTL, expect: session })).rejects.toEqual(conflict);
    });

    it('is not disturbed by a touch in between', async () => {
      const { store, other } = opened();
      const { key, session } = await saved(store);
      await other.touch(key, 90);
      await expect(store.save(key, Buffer.from('mine'), { ...TTL, expect: session })).resolves.toBeDefined();
    });
  });
}

export function raceSection(opened: () => SessionStoreBench): void {
  describe('of many at once', () => {
    it('one begins a session', async () => {
      const key = newKey();
      const results = await tenAtOnce(opened(), (from, index) =>
        from.save(key, Buffer.from([index]), { ...TTL, expect: 'absent' }),
      );
      expect(winners(results)).toBe(1);
    });

    it('one replaces it', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      const read = new Map([
        [store, await found(store, key)],
        [other, await found(other, key)],
      ]);
      const replace = async (from: SessionStore, index: number): Promise<StoredSession> =>
        from.save(key, Buffer.from([index]), { ...TTL, expect: read.get(from) ?? (await found(from, key)) });
      expect(winners(await tenAtOnce(opened(), replace))).toBe(1);
    });

    it('one hears that it destroyed it', async () => {
      const { key } = await saved(opened().store);
      const results = await tenAtOnce(opened(), (from) => from.destroy(key, 60));
      expect(results.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(1);
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    });
  });
}

/** The outcomes of ten concurrent attempts, from two processes alternately. */
function tenAtOnce<T>(
  { store, other }: SessionStoreBench,
  attempt: (from: SessionStore, index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(Array.from({ length: 10 }, (_, index) => attempt(index % 2 === 0 ? store : other, index)));
}

/** The number of successes; expects conflicts for all others. */
function winners(results: readonly PromiseSettledResult<unknown>[]): number {
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(conflict);
  return results.filter(({ status }) => status === 'fulfilled').length;
}
