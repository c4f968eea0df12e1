import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { isValidKey } from '../key-check.ts';
import { KeyScanner } from './key-scanner.ts';

const CHARACTERS = ['%', '=', '&', '/', '+', '@', '~', '!', 'k', 'K', '0', ' ', '\n', '\u00e9', '\u0000'];

/** A key, its bytes as Latin-1, and whether each byte is escaped although it need not be. */
const keys = fc.array(
  fc.record({
    name: fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 260 }),
    escapesAll: fc.boolean(),
  }),
  { maxLength: 20 },
);

function lineOf({ name, escapesAll }: { readonly name: string; readonly escapesAll: boolean }): string {
  const wanted = escapesAll ? /[^]/g : /[^\w/+@~!=&]/g;
  const encoded = name.replaceAll(wanted, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `key=${encoded} exp=-1 la=1 cas=2 fetch=no\n`;
}

/** Reads of these sizes, the last one with what remains. */
function cut(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const reads: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    reads.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...reads, bytes.subarray(from)];
}

function found(scanner: KeyScanner, reads: readonly Buffer[]): readonly string[] {
  return reads.flatMap((read) => {
    const keysInRead = scanner.scan(read).toString('latin1');
    return keysInRead === '' ? [] : keysInRead.split('\n');
  });
}

it('finds the keys that this client can have written, however the bytes are cut', () => {
  fc.assert(
    fc.property(keys, fc.array(fc.nat(400)), fc.constantFrom('', 'k', '@k', '%'), (given, sizes, prefix) => {
      const listing = Buffer.from(`OK\r\n${given.map(lineOf).join('')}END\r\n`, 'latin1');
      const others: string[] = [];
      const scanner = new KeyScanner(prefix, (line) => others.push(line) < 2);
      const wanted = given.map(({ name }) => name).filter((name) => isValidKey(name) && name.startsWith(prefix));
      expect(found(scanner, cut(listing, sizes))).toEqual(wanted);
      expect(others).toEqual(['OK', 'END']);
      expect(scanner.found).toBe(given.length > 0);
    }),
  );
});

it('gives keys that the next read does not change', () => {
  const scanner = new KeyScanner('', () => true);
  const first = scanner.scan(Buffer.from('key=one exp=-1 \n'));
  scanner.scan(Buffer.from('key=two exp=-1 \n'));
  expect(first.toString()).toBe('one');
});

it.each(['key=a', 'key=a exp=', 'key=a exp=- la=1', 'key=a exp=1x', 'key= exp=1', 'key=%4 exp=1', 'key=%g0 exp=1'])(
  'refuses %s',
  (line) => {
    expect(() => new KeyScanner('', () => true).scan(Buffer.from(`${line}\n`))).toThrow(/names no key/);
  },
);

it('refuses what comes after the end', () => {
  const scanner = new KeyScanner('', (line) => line !== 'END');
  scanner.scan(Buffer.from('END\r\n'));
  expect(() => scanner.scan(Buffer.from('key=a exp=-1\n'))).toThrow(/after the end/);
});

it('refuses a line that does not end', () => {
  const scanner = new KeyScanner('', () => true);
  const read = Buffer.from(`key=${'a'.repeat(1_000)}`);
  scanner.scan(read);
  scanner.scan(read);
  expect(() => scanner.scan(read)).toThrow(/longer than 2048/);
});
