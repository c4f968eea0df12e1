import { describe, expect, it } from 'vitest';
import { found, newKey, saved, TTL, VALUE, type SessionStoreBench, type SessionStoreSubject } from './bench.ts';

export function refusalSection(opened: () => SessionStoreBench, { maxBytes }: SessionStoreSubject): void {
  describe('a refusal', () => {
    if (maxBytes !== undefined) {
      it('of a value that is too large leaves what was stored', async () => {
        const { store } = opened();
        const { key, session } = await saved(store);
        const tooLarge = store.save(key, Buffer.alloc(maxBytes + 1), { ...TTL, expect: session });
        await expect(tooLarge).rejects.toMatchObject({ name: 'SessionError', code: 'SESS_TOO_LARGE' });
        expect(Buffer.from((await found(store, key)).value)).toEqual(VALUE);
      });
    }

    it('comes at once where the caller’s signal has fired', async () => {
      const { store } = opened();
      const options = { signal: AbortSignal.abort() };
      const key = newKey();
      const aborted = { name: 'SessionError', code: 'SESS_ABORTED' };
      await expect(store.load(key, options)).rejects.toMatchObject(aborted);
      await expect(store.save(key, VALUE, { ...TTL, ...options, expect: 'absent' })).rejects.toMatchObject(aborted);
      await expect(store.touch(key, 60, options)).rejects.toMatchObject(aborted);
      await expect(store.destroy(key, 60, options)).rejects.toMatchObject(aborted);
    });

    it('says unavailable, not missing, where the sessions are out of reach', async ({ skip }) => {
      const { store, outage } = opened();
      if (outage === undefined) return skip('nothing can come between');
      const { key, session } = await saved(store);
      const restore = await outage();
      const unavailable = { name: 'SessionError', code: 'SESS_UNAVAILABLE', statusCode: 503 };
      await expect(store.load(key)).rejects.toMatchObject(unavailable);
      await expect(store.save(key, VALUE, { ...TTL, expect: session })).rejects.toMatchObject(unavailable);
      await expect(store.save(newKey(), VALUE, { ...TTL, expect: 'absent' })).rejects.toMatchObject(unavailable);
      await expect(store.touch(key, 60)).rejects.toMatchObject(unavailable);
      await expect(store.destroy(key, 60)).rejects.toMatchObject(unavailable);
      await restore();
      return undefined;
    });
  });
}
