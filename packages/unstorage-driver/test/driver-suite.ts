/**
 * What unstorage requires of every driver, by its documentation and its own tests, which its package does not contain.
 * Left out: what needs a list of keys.
 */
import { createStorage, restoreSnapshot, type Driver, type Storage } from 'unstorage';
import { afterAll, beforeAll, expect, it } from 'vitest';

export function testDriver(makeDriver: () => Driver): void {
  let storage: Storage;
  beforeAll(() => {
    storage = createStorage({ driver: makeDriver() });
  });
  afterAll(() => storage.dispose());

  it('takes a snapshot', async () => {
    await restoreSnapshot(storage, { 'snapshot:item': 'restored' });
    expect(await storage.getItem('snapshot:item')).toBe('restored');
  });

  it('has nothing at first', async () => {
    expect([await storage.hasItem('none:a'), await storage.getItem('none:a')]).toEqual([false, null]);
  });

  it('keeps what is set, whatever query the key has', async () => {
    await storage.setItem('set:a', 'data');
    await storage.setItem('set:b?q=1', 'data');
    expect(await storage.hasItem('set:a')).toBe(true);
    expect([await storage.getItem('set:a'), await storage.getItem('set:b?q=2')]).toEqual(['data', 'data']);
  });

  it.each([
    ['an object', { nested: { list: [1, 'two', null] } }],
    ['true', true],
    ['false', false],
    ['zero', 0],
    ['a number', 3.5],
    ['an empty text', ''],
    ['text in any script', 'Grüße 🚀 \u0000'],
    ['text with line ends', 'a\r\nb\r\n'],
  ])('keeps %s', async (name, value) => {
    await storage.setItem(`value:${name}`, value);
    expect(await storage.getItem(`value:${name}`)).toEqual(value);
  });

  it('keeps what an object makes of itself', async () => {
    await storage.setItem('json:text', { toJSON: () => 'as text' });
    await storage.setItem('json:object', { toJSON: () => ({ as: 'object' }) });
    expect(await storage.getItem('json:text')).toBe('as text');
    expect(await storage.getItem('json:object')).toEqual({ as: 'object' });
  });

  it('refuses what cannot be text', async () => {
    await expect(storage.setItem('value:unknown', new Map())).rejects.toThrow('Cannot stringify');
  });

  it('keeps bytes', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await storage.setItemRaw('raw:bytes', bytes);
    expect(Buffer.from((await storage.getItemRaw<Uint8Array>('raw:bytes')) ?? [])).toEqual(Buffer.from(bytes));
  });

  it('keeps and reads several at once', async () => {
    await storage.setItems(['a', 'b', 'c'].map((name) => ({ key: `many:${name}`, value: `data ${name}` })));
    expect(await storage.getItems(['many:a', { key: 'many:c?q=1' }, 'many:none'])).toEqual([
      { key: 'many:a', value: 'data a' },
      { key: 'many:c', value: 'data c' },
      { key: 'many:none', value: null },
    ]);
  });

  it('removes, and keeps again what is set then', async () => {
    await storage.setItem('removed:a', 'data');
    await storage.removeItem('removed:a');
    expect([await storage.hasItem('removed:a'), await storage.getItem('removed:a')]).toEqual([false, null]);
    await storage.setItem('removed:a', 'again');
    expect(await storage.getItem('removed:a')).toBe('again');
  });

  it('keeps metadata beside an item, and removes both', async () => {
    await storage.setItem('meta:a', 'data');
    await storage.setMeta('meta:a', { owner: 'USER_123', mtime: new Date(0) });
    expect(await storage.getMeta('meta:a')).toMatchObject({ owner: 'USER_123', mtime: new Date(0) });
    await storage.removeItem('meta:a', { removeMeta: true });
    expect(await storage.getMeta('meta:a')).toEqual({});
  });
}
