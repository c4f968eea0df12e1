import { expect, it } from 'vitest';

import { KeyQueue } from './key-queue.ts';

it('gives keys in the order in which they came, and knows how many bytes it holds', () => {
  const queue = new KeyQueue();
  queue.add(Buffer.alloc(0));
  expect(queue.isEmpty).toBe(true);
  queue.add(Buffer.from('one\ntwo'));
  queue.add(Buffer.from('three'));
  expect(queue.bytes).toBe('one\ntwothree'.length);
  expect(queue.take()).toEqual(['one', 'two']);
  expect(queue.take()).toEqual(['three']);
  expect(queue.take()).toEqual([]);
  expect([queue.isEmpty, queue.bytes]).toEqual([true, 0]);
});
