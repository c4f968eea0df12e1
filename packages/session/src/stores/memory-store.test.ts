import { describe, expect, it } from 'vitest';
import { memoryStore } from './memory-store.ts';

const VALUE = Buffer.from('value');

describe('the memory store', () => {
  it('evicts the session that was not used for the longest', async () => {
    const store = memoryStore({ maxSessions: 2 });
    await store.save('a', VALUE, { ttlSeconds: 60, expect: 'absent' });
    await store.save('b', VALUE, { ttlSeconds: 60, expect: 'absent' });
    await store.load('a');
    await store.save('c', VALUE, { ttlSeconds: 60, expect: 'absent' });
    expect(await present(['a', 'b', 'c'])).toEqual([true, false, true]);

    async function present(keys: readonly string[]): Promise<boolean[]> {
      return Promise.all(keys.map(async (key) => (await store.load(key)) !== undefined));
    }
  });

  it.each([
    [{ maxSession: 2 }, /unknown option "maxSession": did you mean "maxSessions"/],
    [new Map(), /"options" is a Map; expected an object/],
    [{ maxSessions: 0 }, /"maxSessions" is 0/],
  ])('refuses %j', (options, message) => {
    expect(() => memoryStore(options as never)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('drops what expired before it evicts what lives', async () => {
    let now = 0;
    const store = memoryStore({ maxSessions: 2, now: () => now });
    await store.save('long', VALUE, { ttlSeconds: 60, expect: 'absent' });
    await store.save('short', VALUE, { ttlSeconds: 1, expect: 'absent' });
    now = 1_000;
    await store.save('next', VALUE, { ttlSeconds: 60, expect: 'absent' });
    expect(await store.load('long')).toBeDefined();
  });

  it('remembers as many destroyed keys as sessions', async () => {
    const store = memoryStore({ maxSessions: 2 });
    for (const key of ['a', 'b', 'c']) await store.destroy(key, 60);
    await expect(store.save('c', VALUE, { ttlSeconds: 60, expect: 'absent' })).rejects.toMatchObject({
      code: 'SESS_CONFLICT',
    });
    await expect(store.save('a', VALUE, { ttlSeconds: 60, expect: 'absent' })).resolves.toBeDefined();
  });

  it('tells the remaining time to live', async () => {
    let now = 0;
    const store = memoryStore({ now: () => now });
    await store.save('a', VALUE, { ttlSeconds: 60, expect: 'absent' });
    now = 20_500;
    expect((await store.load('a'))?.ttlSeconds).toBe(39);
  });

  it('refuses everything once closed', async () => {
    const store = memoryStore();
    await store.close();
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_CLOSED' });
  });

  it('refuses a limit that is none', () => {
    expect(() => memoryStore({ maxSessions: 0 })).toThrow(expect.objectContaining({ code: 'SESS_BAD_OPTION' }));
  });
});
