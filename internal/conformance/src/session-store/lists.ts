import { randomUUID } from 'node:crypto';
import type { SessionStore } from '@sess/session';
import { describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { newKey, TTL, VALUE, type SessionStoreBench, type SessionStoreSubject } from './bench.ts';

export function listSection(opened: () => SessionStoreBench, { listsUsers }: SessionStoreSubject): void {
  describe("the list of a user's sessions", () => {
    if (listsUsers !== true) {
      it('is left out, rather than empty', () => {
        expect('ofUser' in opened().store).toBe(false);
      });
      return;
    }

    it('holds those that live and were saved last as this user’s, as every process sees them', async () => {
      const { store, other } = opened();
      const [user, key, moved, destroyed] = [randomUUID(), newKey(), newKey(), newKey()];
      const absent = { ...TTL, expect: 'absent' as const };
      await store.save(key, VALUE, { ...absent, user });
      const before = await store.save(moved, VALUE, { ...absent, user });
      await store.save(moved, VALUE, { ...TTL, expect: before, user: randomUUID() });
      await store.save(destroyed, VALUE, { ...absent, user });
      await store.destroy(destroyed, 60);
      await store.save(newKey(), VALUE, absent);
      // A list may be eventually consistent.
      const listed = await until('the list holds that session alone', async () => {
        const list = (await other.ofUser?.(user)) ?? [];
        return list.length === 1 && list[0]?.key === key ? list[0] : undefined;
      });
      expect(listed.expiresAt - listed.savedAt).toBeGreaterThan(50_000);
    });

    it('is empty for who has none', async () => {
      expect(await (opened().store as Required<SessionStore>).ofUser(randomUUID())).toEqual([]);
    });
  });
}
