import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { calm, HOUR_MS, newId, session, stored, type BackingBench } from './bench.ts';

export function saveSection(opened: () => BackingBench): void {
  describe('save', () => {
    it('keeps what load gives back, to every process', async () => {
      const { backing, other } = opened();
      const id = newId();
      const expiresAt = Date.now() + HOUR_MS;
      expect(await backing.save(id, session('one', { expiresAt, user: 'USER_123' }), calm)).toBe('saved');
      expect(await stored(other, id)).toMatchObject({ text: 'one', version: 10, expiresAt, user: 'USER_123' });
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['64 KiB of noise', randomBytes(65_536)],
    ])('keeps %s byte for byte', async (_, value) => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('', { value }), calm);
      const found = await other.load(id, calm);
      expect(found !== 'destroyed' && found !== undefined && Buffer.compare(found.value, value)).toBe(0);
    });

    it('knows nothing of an id that was never saved', async () => {
      expect(await opened().backing.load(newId(), calm)).toBeUndefined();
    });

    it('keeps versions as large as any that are made', async () => {
      const { backing } = opened();
      const id = newId();
      const version = Number.MAX_SAFE_INTEGER - 1;
      await backing.save(id, session('one', { version }), calm);
      expect(await stored(backing, id)).toMatchObject({ version });
      expect(await backing.save(id, session('two', { version: version + 1, replaces: version }), calm)).toBe('saved');
    });

    it('in place of nothing is refused where there is a session', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      expect(await other.save(id, session('two', { version: 20 }), calm)).toBe('newer');
      expect(await stored(backing, id)).toMatchObject({ text: 'one' });
    });

    it('in place of a version is refused where a later one is', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      expect(await other.save(id, session('theirs', { version: 20, replaces: 10 }), calm)).toBe('saved');
      expect(await backing.save(id, session('mine', { version: 30, replaces: 10 }), calm)).toBe('newer');
      expect(await stored(backing, id)).toMatchObject({ text: 'theirs', version: 20 });
    });

    it('in place of a version replaces an earlier one, which has not heard of all', async () => {
      const { backing } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      expect(await backing.save(id, session('three', { version: 30, replaces: 20 }), calm)).toBe('saved');
      expect(await stored(backing, id)).toMatchObject({ text: 'three' });
    });

    it('in place of a version is refused where there is no session', async () => {
      const { backing } = opened();
      const id = newId();
      expect(await backing.save(id, session('one', { version: 30, replaces: 20 }), calm)).toBe('missing');
      expect(await stored(backing, id)).toBeUndefined();
    });

    it('of what is older never replaces what is newer', async () => {
      const { backing } = opened();
      const id = newId();
      expect(await backing.save(id, session('two', { version: 20, replaces: 'older' }), calm)).toBe('saved');
      expect(await backing.save(id, session('one', { version: 10, replaces: 'older' }), calm)).toBe('newer');
      expect(await backing.save(id, session('three', { version: 30, replaces: 'older' }), calm)).toBe('saved');
      expect(await stored(backing, id)).toMatchObject({ text: 'three', version: 30 });
    });

    it.each(['absent', 'older', 5] as const)('that comes twice was saved (in place of %s)', async (replaces) => {
      const { backing } = opened();
      const id = newId();
      if (replaces === 5) await backing.save(id, session('zero', { version: 5 }), calm);
      const again = session('one', { replaces });
      expect([await backing.save(id, again, calm), await backing.save(id, again, calm)]).toEqual(['saved', 'saved']);
    });

    it('of other bytes under the same version is not the same save', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      expect(await backing.save(id, session('mine', { version: 20, replaces: 10 }), calm)).toBe('saved');
      expect(await other.save(id, session('theirs', { version: 20, replaces: 10 }), calm)).toBe('newer');
      expect(await stored(other, id)).toMatchObject({ text: 'mine' });
    });

    it('of ten at once in place of one version succeeds once', async () => {
      const { backing, other } = opened();
      const id = newId();
      await backing.save(id, session('one'), calm);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? backing : other).save(id, session(`by ${index}`, { version: 20 + index, replaces: 10 }), calm),
        ),
      );
      expect(outcomes.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
        ...Array<string>(9).fill('newer'),
        'saved',
      ]);
      expect(await stored(backing, id)).toMatchObject({ text: `by ${outcomes.indexOf('saved')}` });
    });

    it('of ten at once in any order ends with the last version', async () => {
      const { backing, other } = opened();
      const id = newId();
      const versions = [14, 11, 19, 10, 16, 12, 18, 15, 13, 17];
      await Promise.all(
        versions.map((version, index) =>
          (index % 2 ? backing : other).save(id, session(`${version}`, { version, replaces: 'older' }), calm),
        ),
      );
      expect(await stored(other, id)).toMatchObject({ text: '19', version: 19 });
    });
  });
}
