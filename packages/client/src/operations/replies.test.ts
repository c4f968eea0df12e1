import { describe, expect, it } from 'vitest';

import { encodeRecord, StoredRecord } from '../record.ts';
import { versionOf } from '../version.ts';
import type { Route } from '../membership/route.ts';
import { isCertain, newestOf, type Reply } from './replies.ts';

const SOURCE = { id: 'a:1' };

function record(version: bigint, ttlSeconds: number | undefined): StoredRecord {
  return new StoredRecord(encodeRecord('value', version, 60), ttlSeconds, SOURCE, undefined);
}

function look(entry: StoredRecord): Reply {
  return { id: 'a:1', entry, failure: undefined };
}

describe('the newest of several copies', () => {
  it('is of one version the copy that lives longest, wherever it stands', () => {
    const [short, long, never] = [record(5n, 10), record(5n, 50), record(5n, Infinity)];
    expect(newestOf([look(short), look(long)])).toBe(long);
    expect(newestOf([look(long), look(short)])).toBe(long);
    expect(newestOf([look(never), look(long)])).toBe(never);
    expect(newestOf([look(long), look(record(6n, 1))])?.version).toBe(6n);
  });
});

describe('a record that is certain', () => {
  const route = { agreedAt: 1_000, latest: 9_000 } as Route;

  it('was written after everybody agreed', () => {
    expect(isCertain(record(versionOf(1_000), 60), route)).toBe(false);
    expect(isCertain(record(versionOf(1_001), 60), route)).toBe(true);
  });

  it('is none of a clock that is ahead: it may be older than it says', () => {
    expect(isCertain(record(versionOf(9_000), 60), route)).toBe(true);
    expect(isCertain(record(versionOf(9_001), 60), route)).toBe(false);
  });
});
