import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begin, change, found, KEY, text, TTL, world, type World } from '../../../test/backed-servers.ts';
import type { BackingEvent } from '../../diagnostics.ts';
import { SessionError } from '../../errors.ts';
import type { Backing } from './backing.ts';

const badData: unknown = expect.objectContaining({
  name: 'SessionError',
  code: 'SESS_BAD_DATA',
  statusCode: 500,
  retryable: false,
});

const events: BackingEvent[] = [];
const note = (event: unknown): void => void events.push(event as BackingEvent);
beforeEach(() => subscribe('sess:session:backing', note));
afterEach(() => {
  unsubscribe('sess:session:backing', note);
  events.length = 0;
});

function refuse(id: string): void {
  if (id.startsWith('s/refused')) throw new SessionError('SESS_BAD_DATA', 'a constraint is violated');
}

/** A database that refuses every operation on one session or one user. */
function fussy(whole: Backing, { load = false, destroy = false } = {}): Backing {
  return {
    ...whole,
    load: async (id, signal) => {
      if (load) refuse(id);
      return whole.load(id, signal);
    },
    save: async (id, session, signal) => {
      // The database refuses only requests that reach it.
      await whole.load(id, signal);
      refuse(id);
      return whole.save?.(id, session, signal);
    },
    destroy: async (id, until, signal) => {
      if (destroy) refuse(id);
      return whole.destroy?.(id, until, signal);
    },
    touch: async (touches, signal) => {
      for (const { id } of touches) refuse(id);
      return whole.touch?.(touches, signal);
    },
    ofUser: async (user, signal) => {
      if (user === 'refused') throw new SessionError('SESS_BAD_DATA', 'not in the encoding of the database');
      return (await whole.ofUser?.(user, signal)) ?? [];
    },
  };
}

function said(): readonly string[] {
  return events.map(({ operation, outcome, error }) => [operation, outcome, error?.code].filter(Boolean).join(' '));
}

async function inDatabase({ database }: World, key: string): Promise<unknown> {
  return database.load(key, new AbortController().signal);
}

describe('what the database refuses because of its data', () => {
  it('fails only the save that holds it, and stores it nowhere; thirty of them delay no other', async () => {
    const at = world();
    const one = at.server({ backing: fussy });
    for (let turn = 0; turn < 30; turn++)
      await expect(begin(one, 'value', `s/refused ${turn}`)).rejects.toEqual(badData);
    expect(await text(one, 's/refused 0')).toBeUndefined();
    await begin(one, 'kept');
    at.loseCache();
    expect(await text(one)).toBe('kept');
  });

  it('is recognised by the code of any error that a backing throws', async () => {
    const one = world().server({
      backing: (whole) => ({
        ...whole,
        save: () => Promise.reject(Object.assign(new Error('secret'), { code: 'SESS_BAD_DATA' })),
      }),
    });
    const failure: unknown = await begin(one, 'value').catch((error: unknown) => error);
    expect(failure).toEqual(badData);
    expect(String(failure)).not.toContain('secret');
  });

  it('shows that the database is in reach', async () => {
    const at = world();
    const one = at.server({ backing: fussy });
    one.databaseDown = true;
    for (let turn = 0; turn < 4; turn++)
      await expect(one.store.load(`s/${turn}`)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    one.databaseDown = false;
    await expect(begin(one, 'value', 's/refused')).rejects.toEqual(badData);
    one.databaseDown = true;
    await expect(one.store.load('s/fifth')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    one.databaseDown = false;
    expect(await text(one, 's/sixth')).toBeUndefined();
  });

  it('fails a load, with the cache in reach and without', async () => {
    const at = world();
    const one = at.server({ backing: (whole) => fussy(whole, { load: true }) });
    for (let turn = 0; turn < 10; turn++) await expect(one.store.load('s/refused')).rejects.toEqual(badData);
    one.cacheDown = true;
    for (let turn = 0; turn < 10; turn++) await expect(one.store.load('s/refused')).rejects.toEqual(badData);
    one.cacheDown = false;
    expect(await text(one)).toBeUndefined();
  });

  it('fails a list', async () => {
    const one = world().server({ backing: fussy });
    await expect(one.store.ofUser?.('refused')).rejects.toEqual(badData);
    expect(await one.store.ofUser?.('another')).toEqual([]);
  });

  it('fails a destruction, after which the session is dead in the cache', async () => {
    const at = world();
    const one = at.server({ backing: (whole) => fussy(whole, { destroy: true }) });
    await at.cache.save('s/refused', Buffer.from('value'), { ...TTL, expect: 'absent' });
    expect(await text(one, 's/refused')).toBe('value');
    await expect(one.store.destroy('s/refused', 600)).rejects.toEqual(badData);
    expect(await at.cache.load('s/refused')).toBeUndefined();
  });

  it('does not fail the touch of another session', async () => {
    const at = world();
    const one = at.server({ backing: fussy });
    const keys = Array.from({ length: 20 }, (_, index) => `s/${index}`);
    for (const key of keys) await begin(one, 'value', key);
    for (const key of ['s/refused', 's/refused too'])
      await at.cache.save(key, Buffer.from('value'), { ...TTL, expect: 'absent' });
    at.passSeconds(100);
    for (const key of [...keys, 's/refused', 's/refused too'])
      expect(await one.store.touch(key, TTL.ttlSeconds)).toBe(true);
    await one.store.close();
    const ends = keys.map((key) => at.database.sessions.get(key)?.expiresAt);
    expect(new Set(ends)).toEqual(new Set([at.now() + TTL.ttlSeconds * 1_000]));
  });
});

describe('written behind, what the database refuses because of its data', () => {
  it('is reported once and not retried', async () => {
    const at = world();
    const one = at.server({ backing: fussy, writePolicy: 'behind' });
    await begin(one, 'value', 's/refused');
    await begin(one, 'kept');
    await one.store.close();
    expect(said().filter((each) => each.startsWith('save'))).toEqual(
      expect.arrayContaining(['save failed SESS_BAD_DATA', 'save lost SESS_BAD_DATA', 'save done']),
    );
    expect(said().filter((each) => each === 'save failed SESS_BAD_DATA')).toHaveLength(1);
    expect(await inDatabase(at, KEY)).toMatchObject({ value: Buffer.from('kept') });
    // It still lives in the cache.
    expect(Buffer.from((await at.cache.load('s/refused'))?.value ?? []).toString()).toContain('value');
  });

  it('delays no other write that waited for the database', async () => {
    const at = world();
    const one = at.server({ backing: fussy, writePolicy: 'through' });
    one.databaseDown = true;
    await begin(one, 'value', 's/refused');
    await change(one, 'again', await found(one, 's/refused'), 's/refused');
    await begin(one, 'kept');
    one.databaseDown = false;
    await one.store.close();
    expect(said()).toContain('save lost SESS_BAD_DATA');
    expect(await inDatabase(at, KEY)).toMatchObject({ value: Buffer.from('kept') });
  });

  it('is destroyed in the cache although the database refuses that too', async () => {
    const at = world();
    const one = at.server({ backing: (whole) => fussy(whole, { destroy: true }), writePolicy: 'behind' });
    await begin(one, 'value', 's/refused');
    one.cacheDown = true;
    await expect(one.store.destroy('s/refused', 600)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' });
    one.cacheDown = false;
    await one.store.close();
    expect(await at.cache.load('s/refused')).toBeUndefined();
  });
});
