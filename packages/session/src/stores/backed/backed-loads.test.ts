import { describe, expect, it } from 'vitest';
import { begin, change, found, KEY, text, TTL, world } from '../../../test/backed-servers.ts';

const unavailable: unknown = expect.objectContaining({ name: 'SessionError', code: 'SESS_UNAVAILABLE' });

describe('a session that the cache lost', () => {
  it('comes from the database, and is in the cache again', async () => {
    const { server, loseCache, asked } = world();
    const [one, two] = [server(), server()];
    await begin(one, 'kept');
    loseCache();
    expect(await text(two)).toBe('kept');
    expect(await text(one)).toBe('kept');
    expect(asked.load).toBe(1);
  });

  it('has its remaining time to live', async () => {
    const { server, loseCache, passSeconds } = world();
    const one = server();
    await begin(one, 'kept');
    passSeconds(100);
    loseCache();
    expect((await found(one)).ttlSeconds).toBe(TTL.ttlSeconds - 100);
    loseCache();
    passSeconds(TTL.ttlSeconds - 100);
    expect(await text(one)).toBeUndefined();
  });

  it('can be changed by requests that loaded it before and after', async () => {
    const { server, loseCache, database } = world();
    const [one, two] = [server(), server()];
    const before = await begin(one, 'first');
    loseCache();
    await change(one, 'second', before);
    await change(two, 'third', await found(two));
    expect([await text(one), await text(two)]).toEqual(['third', 'third']);
    expect(Buffer.from(database.sessions.get(KEY)?.value ?? []).toString()).toBe('third');
  });

  it('can be touched, in the database too', async () => {
    const { server, loseCache, passSeconds, asked, now, database } = world();
    const one = server();
    await begin(one, 'kept');
    passSeconds(100);
    loseCache();
    expect(await one.store.touch(KEY, TTL.ttlSeconds)).toBe(true);
    await one.store.close();
    expect(asked.touch).toBe(1);
    expect(database.sessions.get(KEY)?.expiresAt).toBe(now() + TTL.ttlSeconds * 1_000);
  });

  it('is loaded once by a hundred requests of one process', async () => {
    const { server, loseCache, asked } = world();
    const one = server();
    await begin(one, 'kept');
    loseCache();
    const all = await Promise.all(Array.from({ length: 100 }, () => found(one)));
    expect(asked.load).toBe(1);
    // Each gets its own copy of the bytes.
    all[0]?.value.fill(0);
    expect(Buffer.from(all[1]?.value ?? []).toString()).toBe('kept');
  });

  it('is loaded once by a hundred requests of ten processes', async () => {
    const { server, loseCache, asked } = world();
    const servers = Array.from({ length: 10 }, () => server());
    await begin({ store: servers[0]?.store ?? server().store }, 'kept');
    loseCache();
    const all = await Promise.all(Array.from({ length: 100 }, (_, index) => text(servers[index % 10] ?? server())));
    expect(new Set(all)).toEqual(new Set(['kept']));
    expect(asked.load).toBe(1);
  });

  it('is loaded by another process if the one with the lease is gone', async () => {
    const { server, loseCache, cache, asked } = world();
    const one = server({ limits: { timeoutMs: 1 } });
    await begin(one, 'kept');
    loseCache();
    // The lease of a process that died before it loaded the session.
    await cache.save(`${KEY}.load`, Buffer.from('loading'), { ttlSeconds: 60, expect: 'absent' });
    expect(await text(one)).toBe('kept');
    expect(asked.load).toBe(1);
  });

  it('is out of reach, not missing, where the database is out of reach, too', async () => {
    const { server, loseCache } = world();
    const one = server();
    await begin(one, 'kept');
    loseCache();
    one.databaseDown = true;
    await expect(one.store.load(KEY)).rejects.toEqual(unavailable);
    one.databaseDown = false;
    expect(await text(one)).toBe('kept');
  });

  it('does not keep a request waiting whose signal fires', async () => {
    const { server, loseCache } = world();
    const one = server();
    await begin(one, 'kept');
    loseCache();
    const aborter = new AbortController();
    one.beforeAnswer = () => {
      aborter.abort();
      return new Promise(() => {});
    };
    await expect(one.store.load(KEY, { signal: aborter.signal })).rejects.toMatchObject({ code: 'SESS_ABORTED' });
  });

  it('is waited for no longer than timeoutMs', async () => {
    const { server, loseCache } = world();
    const one = server({ limits: { timeoutMs: 20 } });
    await begin(one, 'kept');
    loseCache();
    one.beforeAnswer = () => new Promise(() => {});
    await expect(one.store.load(KEY)).rejects.toEqual(unavailable);
  });
});

describe('an id that the database does not know', () => {
  it('is looked up once in some seconds, by all processes together', async () => {
    const { server, asked, passSeconds } = world();
    const [one, two] = [server(), server()];
    for (let turn = 0; turn < 10; turn++) expect([await text(one), await text(two)]).toEqual([undefined, undefined]);
    expect(asked.load).toBe(1);
    passSeconds(6);
    await text(one);
    expect(asked.load).toBe(2);
  });

  it('is found as soon as a session is saved under it', async () => {
    const { server, loseCache } = world();
    const one = server();
    expect(await text(one)).toBeUndefined();
    await begin(one, 'new');
    loseCache();
    expect(await text(one)).toBe('new');
  });

  it('is found if the session was saved during the look-up', async () => {
    const { server, loseCache } = world();
    const one = server();
    let created: Promise<unknown> | undefined;
    one.beforeAnswer = async (operation) => {
      if (operation !== 'load') return;
      one.beforeAnswer = undefined;
      created = begin(one, 'new');
      await created;
      loseCache();
    };
    await text(one);
    await created;
    expect(await text(one)).toBe('new');
  });

  it('is not remembered where unknownSeconds is 0', async () => {
    const { server, asked, passSeconds } = world();
    const one = server({ limits: { unknownSeconds: 0 } });
    await text(one);
    passSeconds(2);
    await text(one);
    expect(asked.load).toBe(2);
  });
});

describe('a database that is only read', () => {
  it('returns sessions and stores none', async () => {
    const { server, database, loseCache, asked, now } = world();
    await database.save?.(
      KEY,
      { value: Buffer.from('old'), version: 1, replaces: 'absent', expiresAt: now() + 600_000 },
      new AbortController().signal,
    );
    const one = server({ backing: (whole) => ({ load: (id, signal) => whole.load(id, signal) }) });
    expect(await text(one)).toBe('old');
    await change(one, 'new', await found(one));
    expect(await text(one)).toBe('new');
    expect(await one.store.destroy(KEY, 600)).toBe(true);
    expect(await text(one)).toBeUndefined();
    loseCache();
    expect(asked).toMatchObject({ save: 0, destroy: 0 });
  });

  it('may be as simple as a Map', async () => {
    const rows = new Map<string, { readonly value: Uint8Array; readonly expiresAt: number }>();
    const { server, loseCache } = world();
    const one = server({
      backing: () => ({
        load: async (id) => rows.get(id),
        save: async (id, session) => void rows.set(id, session),
        destroy: async (id) => rows.delete(id),
      }),
    });
    const first = await begin(one, 'first');
    await change(one, 'second', first);
    loseCache();
    expect(await text(one)).toBe('second');
    expect(await one.store.destroy(KEY, 600)).toBe(true);
    loseCache();
    expect(await text(one)).toBeUndefined();
  });
});
