import { describe, expect, it } from 'vitest';

import { recordMemory } from './record-memory.ts';

describe('memory for records', () => {
  it('gives every record bytes of its own, whatever the sizes', () => {
    const sizes = Array.from({ length: 400 }, (_, index) => (index * 97) % 5_000);
    const all = sizes.map((size, index) => recordMemory(size).fill(index & 0xff));
    for (const [index, bytes] of all.entries()) {
      expect(Buffer.isBuffer(bytes)).toBe(true);
      expect(bytes.equals(Buffer.alloc(sizes[index] ?? 0, index & 0xff))).toBe(true);
    }
  });

  it('keeps no more than 32 KiB alive for a small record', () => {
    expect(recordMemory(100).buffer.byteLength).toBe(32 * 1024);
  });
});
