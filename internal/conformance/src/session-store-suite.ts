import { randomBytes, randomUUID } from 'node:crypto';
import type { SessionStore, StoredSession } from '@sess/session';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './until.ts';

/** A kind of session store, and what a run of it can show. */
export interface SessionStoreSubject {
  readonly name: string;
  readonly open: () => Promise<SessionStoreBench>;
  /** Whether the store tells the remaining time to live. */
  readonly tellsTtl: boolean;
  /** Largest value in bytes; one byte more is refused. `undefined` where only memory limits it. */
  readonly maxBytes?: number;
}

/** One open store. */
export interface SessionStoreBench extends AsyncDisposable {
  readonly store: SessionStore;
  /** The same sessions, as another process sees them; the store itself where nobody else can. */
  readonly other: SessionStore;
  /** Moves the clock by so many seconds, where it can be moved; otherwise does nothing, and the suite waits for what it expects. */
  passSeconds(seconds: number): void;
  /** Takes the sessions out of reach, and gives back how to bring the store back; left out where nothing can come between. */
  readonly outage?: () => Promise<() => Promise<void>>;
}

const TTL = { ttlSeconds: 60 };
const VALUE = Buffer.from('value');

/**
 * Declares, for vitest, everything that the `SessionStore` interface of `@sess/session` promises, as tests of `subject`.
 *
 * To be called at the top of a test file, once for each store.
 */
export function sessionStoreConformance(subject: SessionStoreSubject): void {
  describe(`the session store ${subject.name}`, () => {
    let bench: SessionStoreBench | undefined;
    beforeAll(async () => {
      bench = await subject.open();
    });
    afterAll(async () => {
      await bench?.[Symbol.asyncDispose]();
    });
    const opened = (): SessionStoreBench => {
      if (bench === undefined) throw new Error('the store did not open');
      return bench;
    };
    loading(opened, subject);
    saving(opened);
    racing(opened);
    destroying(opened);
    expiring(opened, subject);
    refusing(opened, subject);
  });
}

/** A key of its own for every test: they share the store. */
function newKey(): string {
  return `s/${randomUUID()}`;
}

async function found(store: SessionStore, key: string): Promise<StoredSession> {
  const session = await store.load(key);
  if (session === undefined) throw new Error('no session where one was expected');
  return session;
}

async function saved(store: SessionStore, value: Uint8Array = VALUE): Promise<{ key: string; session: StoredSession }> {
  const key = newKey();
  return { key, session: await store.save(key, value, { ...TTL, expect: 'absent' }) };
}

const conflict = expect.objectContaining({ name: 'SessionError', code: 'SESS_CONFLICT' }) as unknown;

function loading(opened: () => SessionStoreBench, { tellsTtl }: SessionStoreSubject): void {
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
      for (const read of [session, await found(store, key), await found(other, key)]) expect(Buffer.compare(read.value, value)).toBe(0);
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

    it(tellsTtl ? 'tells the remaining time to live' : 'does not pretend to know the remaining time to live', async () => {
      const { store } = opened();
      const { key } = await saved(store);
      const { ttlSeconds } = await found(store, key);
      if (!tellsTtl) expect(ttlSeconds).toBeUndefined();
      else expect([58, 59, 60]).toContain(ttlSeconds);
    });
  });
}

function saving(opened: () => SessionStoreBench): void {
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

function racing(opened: () => SessionStoreBench): void {
  describe('of many at once', () => {
    it('one begins a session', async () => {
      const { store, other } = opened();
      const key = newKey();
      expect(await winners((index) => [store, other][index % 2]?.save(key, Buffer.from([index]), { ...TTL, expect: 'absent' }))).toBe(1);
    });

    it('one replaces it', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      const read = [await found(store, key), await found(other, key)] as const;
      const replace = (index: number) => {
        const expected = read[index % 2];
        if (expected === undefined) throw new RangeError('two are read');
        return [store, other][index % 2]?.save(key, Buffer.from([index]), { ...TTL, expect: expected });
      };
      expect(await winners(replace)).toBe(1);
    });

    it('one hears that it destroyed it', async () => {
      const { store, other } = opened();
      const { key } = await saved(store);
      const heard = await Promise.all(Array.from({ length: 10 }, (_, index) => [store, other][index % 2]?.destroy(key, 60)));
      expect(heard.filter((existed) => existed === true)).toHaveLength(1);
    });
  });

  /** How many of ten attempts succeed, where the others meet a conflict. */
  async function winners(attempt: (index: number) => Promise<unknown> | undefined): Promise<number> {
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => attempt(index)));
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(conflict);
    return results.filter(({ status }) => status === 'fulfilled').length;
  }
}

function destroying(opened: () => SessionStoreBench): void {
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

function expiring(opened: () => SessionStoreBench, { tellsTtl }: SessionStoreSubject): void {
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

    it('is given anew by a touch and by a save', async () => {
      const { store, other, passSeconds } = opened();
      const keys = { witness: newKey(), touched: newKey(), again: newKey() };
      const begin = (key: string): Promise<StoredSession> => store.save(key, VALUE, { ttlSeconds: 1, expect: 'absent' });
      const [again] = await Promise.all([begin(keys.again), begin(keys.touched)]);
      expect(await other.touch(keys.touched, 60)).toBe(true);
      await store.save(keys.again, VALUE, { ...TTL, expect: again });
      await begin(keys.witness);
      passSeconds(1);
      await until('the witness has ended', async () => ((await store.load(keys.witness)) === undefined ? true : undefined));
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

function refusing(opened: () => SessionStoreBench, { maxBytes }: SessionStoreSubject): void {
  describe('a refusal', () => {
    it.runIf(maxBytes !== undefined)('of a value that is too large leaves what was stored', async () => {
      const { store } = opened();
      const { key, session } = await saved(store);
      const tooLarge = store.save(key, Buffer.alloc((maxBytes ?? 0) + 1), { ...TTL, expect: session });
      await expect(tooLarge).rejects.toMatchObject({ name: 'SessionError', code: 'SESS_TOO_LARGE' });
      expect(Buffer.from((await found(store, key)).value)).toEqual(VALUE);
    });

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
