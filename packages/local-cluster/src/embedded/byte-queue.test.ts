import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), maxLength: 5 }), { maxLength: 12 });

describe('a byte queue', () => {
  test('gives the same lines, however the bytes were split', () => {
    fc.assert(
      fc.property(pieces, (texts) => {
        const queue = new ByteQueue();
        const lines: string[] = [];
        for (const text of texts) {
          queue.push(Buffer.from(text));
          for (let line = queue.takeLine(); line !== undefined; line = queue.takeLine()) lines.push(line.toString());
        }
        const all = texts.join('');
        const end = all.lastIndexOf('\n') + 1;
        expect(lines.join('')).toBe(all.slice(0, end));
        expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
        expect(queue.view().toString()).toBe(all.slice(end));
        expect(queue.length).toBe(all.length - end);
      }),
    );
  });

  test('gives bytes only when all of them have come', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('ab'));
    expect(queue.take(3)).toBeUndefined();
    queue.push(Buffer.from('cd'));
    expect(queue.take(3)?.toString()).toBe('abc');
    expect(queue.peek()).toBe('d'.charCodeAt(0));
    expect(queue.take(0)?.length).toBe(0);
  });

  test('finds a line end again after a part before it was taken', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abcd'));
    expect(queue.takeLine()).toBeUndefined();
    queue.take(2);
    queue.push(Buffer.from('\nx'));
    expect(queue.takeLine()?.toString()).toBe('cd\n');
  });

  test('drops no more than there is', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abc'));
    expect(queue.skip(2)).toBe(2);
    expect(queue.skip(9)).toBe(1);
    expect(queue.length).toBe(0);
    queue.push(Buffer.from('abc'));
    queue.clear();
    expect([queue.length, queue.peek()]).toEqual([0, undefined]);
  });
});
