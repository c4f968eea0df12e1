import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { calm, HOUR_MS, newId, session, stored, type BackingBench } from './bench.ts';

const later = (): number => Date.now() + HOUR_MS;
const past = (): number => Date.now() - 1_000;

export function destroySection(opened: () => BackingBench): void {
  describe('destroy', () => {
    it('ends a session, tells so once, and leaves none of it', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one', { user: 'USER_GONE' }), calm);
      expect(await other.destroy(id, later(), calm)).toBe('destroyed');
      expect(await backing.destroy(id, later(), calm)).toBe('already');
      expect(await backing.load(id, calm)).toBe('destroyed');
      expect(await backing.ofUser('USER_GONE', calm)).toEqual([]);
    });

    it('is final for every save while it is remembered', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      await backing.destroy(id, later(), calm);
      for (const replaces of ['absent', 'older', 10] as const) {
        expect(await other.save(id, session('two', { version: 20, replaces }), calm)).toBe('destroyed');
      }
      expect(await other.save(id, session('one'), calm)).toBe('destroyed');
      expect(await other.load(id, calm)).toBe('destroyed');
    });

    it('is remembered of an id under which there was nothing', async () => {
      const { backing, other } = opened();
      const id = newId();
      expect(await backing.destroy(id, later(), calm)).toBe('unknown');
      expect(await other.destroy(id, later(), calm)).toBe('already');
      expect(await other.save(id, session('one'), calm)).toBe('destroyed');
    });

    it('finds none where the session has expired, and is remembered', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one', { expiresAt: past(), user: 'USER_EXPIRED' }), calm);
      expect(await backing.destroy(id, later(), calm)).toBe('unknown');
      expect(await other.destroy(id, later(), calm)).toBe('already');
      expect(await other.load(id, calm)).toBe('destroyed');
      expect(await other.save(id, session('two', { version: 20, replaces: 'older' }), calm)).toBe('destroyed');
    });

    it('is forgotten when its time is over', async () => {
      const { backing } = opened();
      const id = newId();
      await backing.save(id, session('one', { expiresAt: past() }), calm);
      await backing.destroy(id, past(), calm);
      expect(await backing.load(id, calm)).toBeUndefined();
      expect(await backing.destroy(id, past(), calm)).toBe('unknown');
      expect(await backing.save(id, session('one'), calm)).toBe('saved');
    });

    it.each(['first', 'second'])('is remembered for the longer of two times: the %s', async (longer) => {
      const { backing, other } = opened();
      const id = newId();
      const soon = Date.now() + 100;
      await backing.destroy(id, longer === 'first' ? later() : soon, calm);
      await other.destroy(id, longer === 'first' ? soon : later(), calm);
      await sleep(soon + 10 - Date.now());
      expect(await backing.load(id, calm)).toBe('destroyed');
    });

    it.each(['a session', 'an expired session', 'nothing'])('of %s by ten at once is told to one', async (what) => {
      const { backing, other } = opened();
      const id = newId();
      const expiresAt = what === 'a session' ? later() : past();
      if (what !== 'nothing') await backing.save(id, session('one', { expiresAt }), calm);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 ? backing : other).destroy(id, later(), calm)),
      );
      expect(outcomes.filter((outcome) => outcome !== 'already')).toEqual([
        what === 'a session' ? 'destroyed' : 'unknown',
      ]);
    });

    it('wins against saves at the same time', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      await Promise.all([
        other.save(id, session('two', { version: 20, replaces: 10 }), calm),
        backing.destroy(id, later(), calm),
        other.save(id, session('three', { version: 30, replaces: 'older' }), calm),
      ]);
      expect(await backing.load(id, calm)).toBe('destroyed');
    });
  });
}

export function expirySection(opened: () => BackingBench): void {
  describe('time', () => {
    it('makes room for a new session, but not for a late save of the one that expired', async () => {
      const { backing } = opened();
      const id = newId();
      await backing.save(id, session('one', { expiresAt: past() }), calm);
      expect(await backing.save(id, session('two', { version: 20, replaces: 10 }), calm)).toBe('missing');
      expect(await backing.save(id, session('three', { version: 30 }), calm)).toBe('saved');
    });

    it('does not keep out a save that the cache has decided', async () => {
      const { backing } = opened();
      const id = newId();
      await backing.save(id, session('one', { expiresAt: past() }), calm);
      expect(await backing.save(id, session('two', { version: 20, replaces: 'older' }), calm)).toBe('saved');
    });

    it('is moved forward by touch, never back, for many at once', async () => {
      const { backing, other } = opened();
      const [one, two, unknown, destroyed] = [newId(), newId(), newId(), newId()];
      const [soon, late] = [Date.now() + 60_000, later()];
      await Promise.all([one, two, destroyed].map((id) => backing.save(id, session('one', { expiresAt: soon }), calm)));
      await backing.destroy(destroyed, late, calm);
      await other.touch(
        [one, unknown, destroyed].map((id) => ({ id, expiresAt: late })).concat({ id: two, expiresAt: soon - 30_000 }),
        calm,
      );
      expect(await stored(backing, one)).toMatchObject({ expiresAt: late, text: 'one', version: 10 });
      expect(await stored(backing, two)).toMatchObject({ expiresAt: soon });
      expect(await stored(backing, unknown)).toBeUndefined();
      expect(await backing.load(destroyed, calm)).toBe('destroyed');
      await backing.touch([], calm);
    });
  });
}

export function listSection(opened: () => BackingBench): void {
  describe('ofUser', () => {
    it('lists the sessions of one user that live', async () => {
      const { backing, other } = opened();
      const user = `USER_${newId()}`;
      const [one, two, expired, destroyed, another, nobody] = [newId(), newId(), newId(), newId(), newId(), newId()];
      const expiresAt = later();
      for (const id of [one, two, destroyed]) await backing.save(id, session('one', { user, expiresAt }), calm);
      await backing.save(expired, session('one', { user, expiresAt: past() }), calm);
      await backing.save(another, session('one', { user: `${user}0` }), calm);
      await backing.save(nobody, session('one'), calm);
      await backing.destroy(destroyed, later(), calm);
      const listed = await other.ofUser(user, calm);
      expect(listed.map(({ key }) => key).toSorted()).toEqual([one, two].toSorted());
      for (const each of listed) expect(each.expiresAt).toBe(expiresAt);
      expect(Math.abs((listed[0]?.savedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('follows a session to another user', async () => {
      const { backing } = opened();
      const id = newId();
      const [before, after] = [`USER_${newId()}`, `USER_${newId()}`];
      await backing.save(id, session('one', { user: before }), calm);
      await backing.save(id, session('two', { user: after, version: 20, replaces: 10 }), calm);
      expect(await backing.ofUser(before, calm)).toEqual([]);
      expect((await backing.ofUser(after, calm)).map(({ key }) => key)).toEqual([id]);
    });
  });

  describe('a doubt', () => {
    it('is heard by every process, and only ever prolonged', async () => {
      const { backing, other } = opened();
      const [here, there] = [`a ${newId()}`, `b ${newId()}`];
      const until = later();
      await backing.doubt([here, there], until, calm);
      await other.doubt([here], until - 1_000, calm);
      await other.doubt([there], until + 1_000, calm);
      const heard = new Map((await backing.doubts(calm)).map((doubt) => [doubt.place, doubt.until]));
      expect([heard.get(here), heard.get(there)]).toEqual([until, until + 1_000]);
    });
  });
}
