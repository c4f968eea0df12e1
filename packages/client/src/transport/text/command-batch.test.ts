import { describe, expect, it } from 'vitest';
import { CommandBatch, type BatchTarget } from './command-batch.ts';

/** Keeps written data by reference, like a socket that can't send yet. */
class Target implements BatchTarget {
  readonly pieces: Uint8Array[] = [];
  readonly calls: string[] = [];

  cork(): void {
    this.calls.push('cork');
  }

  uncork(): void {
    this.calls.push('uncork');
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    this.calls.push(written === undefined ? 'write' : 'last write');
    this.pieces.push(bytes);
    return true;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString('latin1');
  }
}

const written = (): void => undefined;

describe('CommandBatch', () => {
  it('sends commands and short values as one piece', () => {
    const batch = new CommandBatch();
    batch.text('set a 0 0 5\r\n');
    batch.value(Buffer.from('12345'));
    batch.text('\r\n');
    batch.text('get a\r\n');
    expect(batch.bytes).toBe('set a 0 0 5\r\n12345\r\nget a\r\n'.length);
    const target = new Target();
    batch.send(target, written);
    expect(target.text).toBe('set a 0 0 5\r\n12345\r\nget a\r\n');
    expect(target.calls).toEqual(['last write']);
    expect(batch.bytes).toBe(0);
  });

  it('sends long values from where they are, in the same write', () => {
    const batch = new CommandBatch();
    const values = [Buffer.alloc(80_000, 'a'), Buffer.alloc(65_536, 'b'), Buffer.alloc(65_537, 'c')];
    for (const value of values) {
      batch.text(`set k 0 0 ${value.length}\r\n`);
      batch.value(value);
      batch.text('\r\n');
    }
    const target = new Target();
    batch.send(target, written);
    expect(target.text).toBe(values.map((value) => `set k 0 0 ${value.length}\r\n${value.toString()}\r\n`).join(''));
    expect(values.map((value) => target.pieces.includes(value))).toEqual([true, false, true]);
    expect(target.calls).toEqual(['cork', 'write', 'write', 'write', 'write', 'last write', 'uncork']);
  });

  it('holds the longest commands and values until it says that it is full', () => {
    const batch = new CommandBatch();
    let expected = '';
    // After all but the last, the batch is almost full.
    for (const value of [65_536, 65_536, 65_536, 64_000, 65_536].map((length, index) =>
      Buffer.alloc(length, 'a'.charCodeAt(0) + index),
    )) {
      expect(batch.full).toBe(false);
      const line = `cas ${'k'.repeat(250)} 4294967295 2147483647 65536 18446744073709551615\r\n`;
      batch.text(line);
      batch.value(value);
      batch.text('\r\n');
      expected += `${line}${value.toString()}\r\n`;
    }
    expect(batch.full).toBe(true);
    const target = new Target();
    batch.send(target, written);
    expect(target.text === expected).toBe(true);
  });

  it('is full of long values too', () => {
    const batch = new CommandBatch();
    batch.value(Buffer.alloc(262_144));
    expect(batch.full).toBe(true);
  });
});
