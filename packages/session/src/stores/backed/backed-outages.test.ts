import { describe, expect, it } from 'vitest';
import { begin, change, found, KEY, text, TTL, world, type Server } from '../../../test/backed-servers.ts';
import type { Backing } from './backing.ts';

const unavailable: unknown = expect.objectContaining({ name: 'SessionError', code: 'SESS_UNAVAILABLE' });
const conflict: unknown = expect.objectContaining({ name: 'SessionError', code: 'SESS_CONFLICT' });

/** A database that can't share stale marks with other processes. */
function withoutDoubts(whole: Backing): Backing {
  return {
    load: (id, signal) => whole.load(id, signal),
    save: async (id, session, signal) => whole.save?.(id, session, signal),
    destroy: async (id, until, signal) => whole.destroy?.(id, until, signal),
  };
}

describe('while the cache is out of reach', () => {
  it('sessions begin, are read, changed, touched and destroyed', async () => {
    const { server } = world();
    const [one, two] = [server(), server()];
    one.cacheDown = two.cacheDown = true;
    await begin(one, 'first');
    await change(two, 'second', await found(two));
    expect(await text(one)).toBe('second');
    expect(await one.store.touch(KEY, 900)).toBe(true);
    expect(await two.store.destroy(KEY, 900)).toBe(true);
    expect([await text(one), await one.store.touch(KEY, 900), await one.store.destroy(KEY, 900)]).toEqual([
      undefined,
      false,
      false,
    ]);
  });

  it('one of two changes of the same state wins, and the other conflicts', async () => {
    const { server } = world();
    const [one, two] = [server(), server()];
    one.cacheDown = two.cacheDown = true;
    await begin(one, 'first');
    const [mine, theirs] = [await found(one), await found(two)];
    await change(one, 'mine', mine);
    await expect(change(two, 'theirs', theirs)).rejects.toEqual(conflict);
    expect(await text(two)).toBe('mine');
  });

  it('a change survives the return of a cache with older records, also for a process that did not notice the outage', async () => {
    const { server } = world();
    const [one, two] = [server(), server()];
    const first = await begin(one, 'first');
    one.cacheDown = true;
    await change(one, 'second', first);
    one.cacheDown = false;
    expect([await text(two), await text(one)]).toEqual(['second', 'second']);
  });

  it('a destroyed session stays dead when the cache returns with older records', async () => {
    const { server } = world();
    const [one, two] = [server(), server()];
    const first = await begin(one, 'first');
    one.cacheDown = true;
    expect(await one.store.destroy(KEY, 600)).toBe(true);
    one.cacheDown = false;
    expect([await text(two), await text(one)]).toEqual([undefined, undefined]);
    await expect(change(two, 'again', first)).rejects.toEqual(conflict);
  });

  it('a destruction is not acknowledged if the stale mark can not be shared', async () => {
    const { server } = world();
    const alone = server({ backing: withoutDoubts });
    await begin(alone, 'first');
    alone.cacheDown = true;
    await expect(alone.store.destroy(KEY, 600)).rejects.toEqual(unavailable);
    alone.cacheDown = false;
    expect(await text(alone)).toBeUndefined();
    await alone.store.close();
    // The cache got the tombstone once it was back.
    expect(await text(server())).toBeUndefined();
  });

  it('a record is compared with the database only once after it', async () => {
    const { server, asked, passSeconds } = world();
    const [one, two] = [server(), server()];
    const first = await begin(one, 'first');
    await begin(one, 'another', 's/another');
    one.cacheDown = true;
    await change(one, 'second', first);
    one.cacheDown = false;
    passSeconds(10);
    asked.load = 0;
    for (let turn = 0; turn < 5; turn++)
      expect([await text(two), await text(two, 's/another')]).toEqual(['second', 'another']);
    expect(asked.load).toBe(2);
  });

  it('a stale record is out of reach, not out of date, if the database is out of reach too', async () => {
    const { server } = world();
    const one = server();
    const first = await begin(one, 'first');
    one.cacheDown = true;
    await change(one, 'second', first);
    one.cacheDown = false;
    one.databaseDown = true;
    await expect(one.store.load(KEY)).rejects.toEqual(unavailable);
  });
});

describe('while the database is out of reach', () => {
  it('sessions begin, are read, changed, touched and destroyed', async () => {
    const { server } = world();
    const [one, two] = [server(), server()];
    one.databaseDown = two.databaseDown = true;
    await begin(one, 'first');
    await change(two, 'second', await found(two));
    expect(await text(one)).toBe('second');
    expect(await one.store.touch(KEY, 900)).toBe(true);
    expect(await two.store.destroy(KEY, 900)).toBe(true);
    expect([await text(two), await one.store.destroy(KEY, 900)]).toEqual([undefined, false]);
  });

  it('what the cache does not have is out of reach, not missing', async () => {
    const { server } = world();
    const one = server();
    one.databaseDown = true;
    await expect(one.store.load(KEY)).rejects.toEqual(unavailable);
  });

  it('a change reaches it when it is back', async () => {
    const { server, database, loseCache } = world();
    const one = server();
    const first = await begin(one, 'first');
    one.databaseDown = true;
    const second = await change(one, 'second', first);
    await change(one, 'third', second);
    one.databaseDown = false;
    await one.store.close();
    expect(Buffer.from(database.sessions.get(KEY)?.value ?? []).toString()).toBe('third');
    loseCache();
    expect(await text(server())).toBe('third');
  });

  it('a change by a process that reaches it does not lose one by a process that does not', async () => {
    const { server } = world();
    const [cut, whole] = [server(), server()];
    const first = await begin(cut, 'first');
    const theirs = await found(whole);
    cut.databaseDown = true;
    await change(cut, 'second', first);
    await expect(change(whole, 'other', theirs)).rejects.toEqual(conflict);
    const current = await found(whole);
    expect(Buffer.from(current.value).toString()).toBe('second');
    await change(whole, 'third', current);
    cut.databaseDown = false;
    await cut.store.close();
    expect(await text(whole)).toBe('third');
  });

  it('a destroyed session stays dead if its tombstone is lost after the database was updated', async () => {
    const { server, loseCache, database } = world();
    const one = server();
    await begin(one, 'first');
    one.databaseDown = true;
    await one.store.destroy(KEY, 600);
    one.databaseDown = false;
    await one.store.close();
    expect(await database.load(KEY, new AbortController().signal)).toBe('destroyed');
    loseCache();
    expect(await text(server())).toBeUndefined();
  });

  it('this process refuses a destroyed session even before the database is updated', async () => {
    const { server, loseCache } = world();
    const one = server();
    const first = await begin(one, 'first');
    one.databaseDown = true;
    await one.store.destroy(KEY, 600);
    loseCache();
    one.databaseDown = false;
    one.beforeAnswer = (operation) => (operation === 'destroy' ? Promise.reject(new Error('not yet')) : undefined);
    expect(await text(one)).toBeUndefined();
    await expect(change(one, 'second', first)).rejects.toEqual(conflict);
  });

  it('a tombstone keeps out a session that the database still has', async () => {
    const { server } = world();
    const [cut, whole] = [server(), server()];
    const first = await begin(cut, 'first');
    cut.databaseDown = true;
    await cut.store.destroy(KEY, 600);
    expect(await text(whole)).toBeUndefined();
    await expect(change(whole, 'second', first)).rejects.toEqual(conflict);
    expect(await text(whole)).toBeUndefined();
  });
});

describe('while both are out of reach', () => {
  it('everything says unavailable, and what was there is there again', async () => {
    const { server } = world();
    const one = server();
    const first = await begin(one, 'first');
    one.cacheDown = one.databaseDown = true;
    await expect(one.store.load(KEY)).rejects.toEqual(unavailable);
    await expect(begin(one, 'new', 's/new')).rejects.toEqual(unavailable);
    await expect(change(one, 'second', first)).rejects.toEqual(unavailable);
    await expect(one.store.touch(KEY, 600)).rejects.toEqual(unavailable);
    one.cacheDown = one.databaseDown = false;
    expect(await text(one)).toBe('first');
  });
});

describe('a session that both have', () => {
  it('is in the database before its save is acknowledged', async () => {
    const { server, loseCache } = world();
    const [one, two] = [server(), server()];
    const first = await begin(one, 'first');
    await change(one, 'second', first);
    loseCache();
    expect(await text(two)).toBe('second');
  });

  it('is dead for both once it was destroyed, whatever is lost', async () => {
    const { server, loseCache } = world();
    const [one, two] = [server(), server()];
    const first = await begin(one, 'first');
    await one.store.destroy(KEY, 600);
    loseCache();
    expect([await text(one), await text(two)]).toEqual([undefined, undefined]);
    for (const late of [one, two]) await expect(change(late, 'again', first)).rejects.toEqual(conflict);
    await expect(begin(two, 'anew')).rejects.toEqual(conflict);
  });

  it('ends when nobody uses it', async () => {
    const { server, loseCache, passSeconds } = world();
    const one = server();
    const first = await begin(one, 'first');
    loseCache();
    passSeconds(TTL.ttlSeconds);
    expect(await text(one)).toBeUndefined();
    await expect(change(one, 'again', first)).rejects.toEqual(conflict);
  });

  it('made before there was a database gets into it with its next change', async () => {
    const { server, cache, loseCache } = world();
    const one: Server = server();
    await cache.save(KEY, Buffer.from('before'), { ...TTL, expect: 'absent' });
    expect(await text(one)).toBe('before');
    await change(one, 'after', await found(one));
    await one.store.close();
    loseCache();
    expect(await text(server())).toBe('after');
  });
});
