import { expect, it } from 'vitest';

import { KeyQueue } from './key-queue.ts';

it('gives keys in the order in which they came, and knows how many bytes it holds', () => {
  const queue = new KeyQueue();
  queue.add([]);
  expect(queue.isEmpty).toBe(true);
  queue.add(['one', 'schlüssel']);
  queue.add(['three']);
  expect(queue.bytes).toBe(Buffer.byteLength('one\nschlüsselthree'));
  expect(queue.take()).toEqual(['one', 'schlüssel']);
  expect(queue.take()).toEqual(['three']);
  expect(queue.take()).toEqual([]);
  expect([queue.isEmpty, queue.bytes]).toEqual([true, 0]);
});
