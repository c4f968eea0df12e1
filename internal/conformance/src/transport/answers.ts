import { describe, expect, it } from 'vitest';
import type { StoredItem } from '@sess/client';
import { outcomes, type Bench, type OpenedTransport } from './bench.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const WRITERS = 100;

export function answerSection(bench: () => Bench): void {
  describe('a key with nothing under it', () => {
    it('is a miss for every operation, not an error', async () => {
      const key = bench().key();
      using opened = bench().open();
      expect(await opened.transport.get(key)).toBeUndefined();
      expect(await opened.transport.touch(key, 600)).toBeUndefined();
    });
  });

  describe('set', () => {
    it('writes whatever is there', async () => {
      const key = bench().key();
      using opened = bench().open();
      for (const text of ['first', 'second']) {
        expect(await opened.transport.store('set', key, Buffer.from(text), ATTRIBUTES)).toBe('stored');
        expect((await opened.transport.get(key))?.value.toString()).toBe(text);
      }
    });
  });

  describe('add', () => {
    it('writes only where there is nothing', async () => {
      const key = bench().key();
      using opened = bench().open();
      expect(await opened.transport.store('add', key, Buffer.from('first'), ATTRIBUTES)).toBe('stored');
      expect(await opened.transport.store('add', key, Buffer.from('second'), ATTRIBUTES)).toBe('exists');
      expect((await opened.transport.get(key))?.value.toString()).toBe('first');
      await bench().remove(key);
      expect(await opened.transport.store('add', key, Buffer.from('third'), ATTRIBUTES)).toBe('stored');
    });

    it(`lets one of ${WRITERS} writers win`, async () => {
      const key = bench().key();
      const writers = [bench().open(), bench().open()];
      const attempts = Array.from({ length: WRITERS }, (_, index) =>
        pick(writers, index).transport.store('add', key, Buffer.from(String(index)), ATTRIBUTES),
      );
      const results = await outcomes(attempts);
      expect(results.filter((result) => result === 'stored')).toHaveLength(1);
      expect(results.filter((result) => result === 'exists')).toHaveLength(WRITERS - 1);
      expect((await pick(writers, 0).transport.get(key))?.value.toString()).toBe(String(results.indexOf('stored')));
    });
  });

  describe('compare-and-swap', () => {
    it('writes where the item is still the one read', async () => {
      const key = bench().key();
      using opened = bench().open();
      const { cas } = await written(opened, key, 'first');
      expect(await opened.transport.store({ cas }, key, Buffer.from('second'), { ttlSeconds: 600, flags: 5 })).toBe(
        'stored',
      );
      expect(await opened.transport.get(key)).toMatchObject({ value: Buffer.from('second'), flags: 5 });
    });

    it('says that the item was changed, and leaves it', async () => {
      const key = bench().key();
      using opened = bench().open();
      const { cas } = await written(opened, key, 'first');
      await opened.transport.store('set', key, Buffer.from('other'), ATTRIBUTES);
      expect(await opened.transport.store({ cas }, key, Buffer.from('mine'), ATTRIBUTES)).toBe('exists');
      expect((await opened.transport.get(key))?.value.toString()).toBe('other');
    });

    it('says that the item is gone, and does not bring it back', async () => {
      const key = bench().key();
      using opened = bench().open();
      const { cas } = await written(opened, key, 'first');
      await bench().remove(key);
      expect(await opened.transport.store({ cas }, key, Buffer.from('mine'), ATTRIBUTES)).toBe('missing');
      expect(await opened.transport.get(key)).toBeUndefined();
    });

    it(`lets one of ${WRITERS} writers win`, async () => {
      const key = bench().key();
      using opened = bench().open();
      const { cas } = await written(opened, key, 'first');
      const attempts = Array.from({ length: WRITERS }, () =>
        opened.transport.store({ cas }, key, Buffer.from('mine'), ATTRIBUTES),
      );
      const results = await outcomes(attempts);
      expect(results.filter((result) => result === 'stored')).toHaveLength(1);
      expect(results.filter((result) => result === 'exists')).toHaveLength(WRITERS - 1);
    });

    it('takes no number that another connection has read', async () => {
      const key = bench().key();
      using reader = bench().open();
      using writer = bench().open();
      const { cas } = await written(reader, key, 'first');
      await writer.transport.probe();
      expect(await writer.transport.store({ cas }, key, Buffer.from('mine'), ATTRIBUTES)).toBe('exists');
      expect((await reader.transport.get(key))?.value.toString()).toBe('first');
    });

    it('names the connection by the number that its event told', async () => {
      const key = bench().key();
      using first = bench().open();
      using second = bench().open();
      const epochs = [await written(first, key, 'v'), await written(second, key, 'v')].map(({ cas }) => cas.epoch);
      expect([...first.epochs, ...second.epochs]).toEqual(epochs);
      expect(new Set(epochs).size).toBe(2);
    });
  });

  describe('probe', () => {
    it('tells the version of the server', async () => {
      using opened = bench().open();
      expect(await opened.transport.probe()).toMatch(/^\d+\.\d+/);
    });
  });
}

async function written({ transport }: OpenedTransport, key: string, text: string): Promise<StoredItem> {
  await transport.store('set', key, Buffer.from(text), ATTRIBUTES);
  const item = await transport.get(key);
  if (item === undefined) throw new Error('what was just written is not there');
  return item;
}

function pick(opened: readonly OpenedTransport[], index: number): OpenedTransport {
  const found = opened[index % opened.length];
  if (found === undefined) throw new Error('nothing was opened');
  return found;
}
