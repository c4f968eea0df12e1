import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredSession } from '@sess/session';
import { describe, expect, it } from 'vitest';
import { until } from '../until.ts';
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

export function destroySection(opened: () => SessionStoreBench): void {
  describe('destroy', () => {
    it('ends the session, for everybody', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      expect(await store.destroy(key, 60)).toBe(true);
      expect(await store.load(key)).toBeUndefined();
      expect(await other.load(key)).toBeUndefined();
      expect(await other.touch(key, 60)).toBe(false);
    });

    it('tells that there was none', async () => {
      const { store } = opened();
      const { key } = await saved(store);
      await store.destroy(key, 60);
      expect(await store.destroy(key, 60)).toBe(false);
      expect(await store.destroy(newKey(), 60)).toBe(false);
    });

    it('is final for a save that was under way, and for one that begins anew', async () => {
      const { store, other } = opened();
      const { key, session } = await saved(store);
      const theirs = await found(other, key);
      await store.destroy(key, 60);
      await expect(store.save(key, VALUE, { ...TTL, expect: session })).rejects.toEqual(conflict);
      await expect(other.save(key, VALUE, { ...TTL, expect: theirs })).rejects.toEqual(conflict);
      await expect(other.save(key, VALUE, { ...TTL, expect: 'absent' })).rejects.toEqual(conflict);
      expect(await store.load(key)).toBeUndefined();
    });

    it('keeps a key unusable under which there was nothing', async () => {
      const { store, other } = opened();
      const key = newKey();
      await store.destroy(key, 60);
      await expect(other.save(key, VALUE, { ...TTL, expect: 'absent' })).rejects.toEqual(conflict);
    });

    it('frees the key when its time is over', async () => {
      const { store, passSeconds } = opened();
      const key = newKey();
      await store.destroy(key, 1);
      passSeconds(1);
      await until('the key is free', () => store.save(key, VALUE, { ...TTL, expect: 'absent' }));
      expect(await store.load(key)).toBeDefined();
    });
  });
}

export function expirySection(opened: () => SessionStoreBench, { tellsTtl }: SessionStoreSubject): void {
  describe('time', () => {
    it('ends a session that nobody touches, and a save that expects it does not bring it back', async () => {
      const { store, passSeconds } = opened();
      const key = newKey();
      const session = await store.save(key, VALUE, { ttlSeconds: 1, expect: 'absent' });
      passSeconds(1);
      await until('the session has ended', async () => ((await store.load(key)) === undefined ? true : undefined));
      await expect(store.save(key, VALUE, { ...TTL, expect: session })).rejects.toEqual(conflict);
      expect(await store.touch(key, 60)).toBe(false);
    });

    it('is not over before its seconds are, at whatever moment it began', async () => {
      const { store } = opened();
      const livesSeconds = 2;
      const lives = async (delayMs: number): Promise<boolean> => {
        await sleep(delayMs);
        const [begun, touched] = [newKey(), newKey()];
        const began = performance.now();
        await store.save(begun, VALUE, { ttlSeconds: livesSeconds, expect: 'absent' });
        await store.save(touched, VALUE, { ttlSeconds: 1, expect: 'absent' });
        await store.touch(touched, livesSeconds);
        // There is no condition to await but the time itself.
        await sleep(began + livesSeconds * 1_000 - 150 - performance.now());
        const held = await Promise.all([store.load(begun), store.load(touched)]);
        // A reply after the deadline proves nothing on a busy machine.
        return performance.now() - began >= livesSeconds * 1_000 || held.every((session) => session !== undefined);
      };
      const moments = Array.from({ length: 8 }, (_, index) => lives(index * 125));
      expect(await Promise.all(moments)).toEqual(moments.map(() => true));
    });

    it('is given anew by a touch and by a save', async () => {
      const { store, other, passSeconds } = opened();
      const keys = { witness: newKey(), touched: newKey(), again: newKey() };
      // Two seconds: of one, memcached's clock may leave hardly anything, too little for a busy machine.
      const begin = (key: string): Promise<StoredSession> =>
        store.save(key, VALUE, { ttlSeconds: 2, expect: 'absent' });
      const [again] = await Promise.all([begin(keys.again), begin(keys.touched)]);
      expect(await other.touch(keys.touched, 60)).toBe(true);
      await store.save(keys.again, VALUE, { ...TTL, expect: again });
      await begin(keys.witness);
      passSeconds(2);
      await until('the witness has ended', async () =>
        (await store.load(keys.witness)) === undefined ? true : undefined,
      );
      const touched = await found(store, keys.touched);
      await found(store, keys.again);
      if (tellsTtl) expect(touched.ttlSeconds).toBeGreaterThan(50);
    });

    it('is not given to a session that is not there', async () => {
      const { store } = opened();
      const key = newKey();
      expect(await store.touch(key, 60)).toBe(false);
      expect(await store.load(key)).toBeUndefined();
    });

    it('can be longer than thirty days, past which memcached reads a date', async () => {
      const { store } = opened();
      const key = newKey();
      await store.save(key, VALUE, { ttlSeconds: 2_592_001, expect: 'absent' });
      await store.touch(key, 31_536_000);
      await found(store, key);
    });
  });
}
