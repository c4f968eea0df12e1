import { inspect } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decode,
  encodeRecord,
  encodeTombstone,
  type Entry,
  RECORD_FLAGS,
  StoredRecord,
  TOMBSTONE_FLAGS,
} from './record.ts';

const cas = { unique: 7, epoch: 3 };
const version = (0x0190_1234_5678n << 16n) | 0x9abcn;

function read(bytes: Buffer, flags: number, ttlSeconds: number | undefined = 60): Entry {
  return decode({ value: bytes, flags, ttlSeconds, cas }, { id: '10.0.0.1:11211' });
}

function record(bytes: Buffer, ttlSeconds?: number): StoredRecord {
  const entry = read(bytes, RECORD_FLAGS, ttlSeconds);
  if (entry.kind !== 'record') throw new Error(`not a record but ${entry.kind}`);
  return entry;
}

function hex(bytes: string): Buffer {
  return Buffer.from(bytes.replaceAll(' ', ''), 'hex');
}

function changed(original: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(original);
  copy[at] = byte;
  return copy;
}

describe('what is stored today is readable tomorrow', () => {
  // Bytes and flags as released clients have written them. Never change these lines: add new ones for a new format.
  const storedRecord = hex('e5010000 019012345678 9abc 00000e10 7b7d');
  const storedTombstone = hex('e5010100 019012345678 9abc 00000e10 0000019012345678');

  it('reads a record of format 1', () => {
    const entry = read(storedRecord, 0x5e55_0000);
    expect(entry).toMatchObject({ kind: 'record', version, ttlSeconds: 60 });
    expect((entry as StoredRecord).value.toString()).toBe('{}');
  });

  const stampedRecord = hex('e50100bf 019012345678 9abc 00000e10 7b7d');

  it('reads a record with a stamp', () => {
    expect(read(stampedRecord, 0x5e55_0000)).toMatchObject({ kind: 'record', version, ttlSeconds: 60, stamp: 0xbf });
  });

  it('writes the same bytes', () => {
    expect(encodeRecord('{}', version, 3600)).toEqual(stampedRecord);
    expect(encodeRecord('{}', version, 3600, 0)).toEqual(storedRecord);
    expect(RECORD_FLAGS).toBe(0x5e55_0000);
  });

  it('reads a tombstone of format 1', () => {
    expect(read(storedTombstone, 0x5e56_0000)).toMatchObject({
      kind: 'tombstone',
      version,
      endsAt: 0x0190_1234_5678,
      cas,
    });
  });

  it('writes the same tombstone', () => {
    expect(encodeTombstone(version, 3600, 0x0190_1234_5678)).toEqual(storedTombstone);
    expect(TOMBSTONE_FLAGS).toBe(0x5e56_0000);
  });

  it('does not look at the reserved byte', () => {
    const later = Buffer.from(storedRecord);
    later[3] = 0xff;
    expect(read(later, RECORD_FLAGS).kind).toBe('record');
  });
});

describe('a record', () => {
  it('gives back the bytes, version and time to live that went in', () => {
    const versions = fc.bigInt({ min: 0n, max: (0xffff_ffff_fffen << 16n) | 0xffffn });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        versions,
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (value, stamp, ttlSeconds) => {
          const bytes = encodeRecord(value, stamp, ttlSeconds);
          expect(bytes.readUInt32BE(12)).toBe(ttlSeconds);
          expect(record(bytes).version).toBe(stamp);
          expect(Buffer.compare(record(bytes).value, value)).toBe(0);
        },
      ),
    );
  });

  it('takes text as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(record(encodeRecord(text, 1n, 1)).value).toEqual(Buffer.from(text));
      }),
    );
  });

  it('copies what it is given, and shows what was read without a copy', () => {
    const value = Buffer.from('before');
    const bytes = encodeRecord(value, 1n, 1);
    value.write('after!');
    expect(record(bytes).value.toString()).toBe('before');
    expect(record(bytes).value.buffer).toBe(bytes.buffer);
  });

  it('can not be changed', () => {
    const stored = record(encodeRecord('x', 5n, 1));
    expect(() => Object.assign(stored, { version: 6n })).toThrow(TypeError);
    expect(() => Object.assign(stored, { value: Buffer.from('y') })).toThrow(TypeError);
  });

  it('says Infinity for what never expires and undefined where the protocol can not tell', () => {
    const bytes = encodeRecord('x', 5n, 1);
    expect(record(bytes, -1).ttlSeconds).toBe(Infinity);
    expect(
      (decode({ value: bytes, flags: RECORD_FLAGS, ttlSeconds: undefined, cas }, { id: 'a:1' }) as StoredRecord)
        .ttlSeconds,
    ).toBeUndefined();
  });

  it('keeps its value out of what is printed', () => {
    const printed = inspect(record(encodeRecord('secret', 5n, 1)));
    expect(printed).toBe('CacheRecord { 6 bytes, version 5, ttlSeconds 60 }');
  });

  it('equals another only in version and bytes', () => {
    const stored = record(encodeRecord('x', 5n, 1));
    expect(stored.equals(record(encodeRecord('x', 5n, 99)))).toBe(true);
    expect(stored.equals(record(encodeRecord('x', 6n, 1)))).toBe(false);
    expect(stored.equals(record(encodeRecord('y', 5n, 1)))).toBe(false);
  });

  it('is known as one, and a copy of it is not', () => {
    const stored = record(encodeRecord('x', 5n, 1));
    expect(StoredRecord.is(stored)).toBe(true);
    expect(StoredRecord.is({ value: stored.value, version: stored.version })).toBe(false);
    expect(StoredRecord.is(null)).toBe(false);
    expect(StoredRecord.is('absent')).toBe(false);
  });
});

describe('foreign bytes', () => {
  const bytes = encodeRecord('value', version, 60);
  const tombstone = encodeTombstone(version, 60, 1_700_000_000_000);

  it.each([
    ['nothing', Buffer.alloc(0), RECORD_FLAGS, 'mark'],
    ['JSON of another program', Buffer.from('{"a":"text of some length"}'), 0, 'mark'],
    ['half an envelope', bytes.subarray(0, 15), RECORD_FLAGS, 'mark'],
    ['a later format', changed(bytes, 1, 2), RECORD_FLAGS, 'format'],
    ['a flag of a later version', changed(bytes, 2, 2), RECORD_FLAGS, 'format'],
    ['a tombstone cut short', tombstone.subarray(0, 20), TOMBSTONE_FLAGS, 'format'],
    [
      'a version that nothing could replace',
      encodeRecord('x', (0xffff_ffff_ffffn << 16n) | 1n, 1),
      RECORD_FLAGS,
      'format',
    ],
    [
      'a tombstone that outlives memcached’s time',
      encodeTombstone(version, 60, 2_147_483_647_001),
      TOMBSTONE_FLAGS,
      'format',
    ],
    ['a record under the flags of a tombstone', bytes, TOMBSTONE_FLAGS, 'flags'],
    ['a tombstone under the flags of a record', tombstone, RECORD_FLAGS, 'flags'],
    ['a record whose flags were lost', bytes, 0, 'flags'],
  ])('are told from a record: %s', (_, value, flags, reason) => {
    expect(read(value, flags)).toEqual({ kind: 'foreign', cas, reason });
  });

  it('never make the reader fail', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 64 }).map((tail) => Buffer.concat([bytes.subarray(0, 4), tail])),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(0, RECORD_FLAGS, TOMBSTONE_FLAGS), (value, flags) => {
        expect(['record', 'tombstone', 'foreign']).toContain(read(Buffer.from(value), flags).kind);
      }),
    );
  });
});

describe('a record under a later version', () => {
  const written = StoredRecord.written(encodeRecord('value', version, 60), 60);
  const { stamp } = written;

  it.each([
    ['is a migration of the one whose stamp and value it has', 'value', version + 1n, stamp, true],
    ['of another value is none', 'other', version + 1n, stamp, false],
    ['with another stamp is none: somebody else wrote the same value', 'value', version + 1n, undefined, false],
    ['without a stamp may be anything', 'value', version + 1n, 0, false],
    ['that is no later one is none', 'value', version, stamp, false],
  ] as const)('%s', (_, value, later, its, expected) => {
    const other = StoredRecord.written(encodeRecord(value, later, 60, its), 60);
    expect(other.isMigrationOf(written)).toBe(expected);
  });

  it('is no migration of one without a stamp, which may be anything', () => {
    const unknown = StoredRecord.written(encodeRecord('value', version, 60, 0), 60);
    expect(StoredRecord.written(encodeRecord('value', version + 1n, 60, 0), 60).isMigrationOf(unknown)).toBe(false);
  });
});
