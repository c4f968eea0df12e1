import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fake-clock.ts';
import type { ClusterNode } from '../cluster.ts';
import { decode, encodeRecord, RECORD_FLAGS } from '../record.ts';
import { SteadyClock } from '../steady-clock.ts';
import { VersionSource } from '../version.ts';
import { HistoryRefused } from './history-checks.ts';
import { encodeHistory } from './history-codec.ts';
import { HistoryCopies } from './history-copies.ts';
import { historySeals, type HistorySeal } from './history-seal.ts';
import { EMPTY_HISTORY } from './history.ts';

const [OWN, ANOTHER, FOREIGN] = ['name-by-one', 'name-by-two', 'foreign-name'];
const [seal] = historySeals(['a secret that some application has']) as [HistorySeal];

/** A node whose history has this name of the cluster. */
function nodeOf(cluster: string): ClusterNode {
  const value = encodeRecord(encodeHistory({ ...EMPTY_HISTORY, cluster }, seal), 1n, 0);
  const item = { value, flags: RECORD_FLAGS, cas: { unique: 1, epoch: 1 }, ttlSeconds: -1 };
  return {
    id: 'a:1',
    fence: { read: () => Promise.resolve(Buffer.from('token')) },
    getEntry: () => Promise.resolve(decode(item, { id: 'a:1' })),
  } as unknown as ClusterNode;
}

function copiesOf(accept: () => Promise<void> = () => Promise.resolve()): HistoryCopies {
  const clock = new FakeClock();
  return new HistoryCopies({
    seal,
    defaultPlacement: { copies: 1, distribution: '' },
    unconfirmedMs: 1_000,
    clock: new SteadyClock(clock, { clockSkewMs: 0, historyIntervalMs: 1_000 }),
    versions: new VersionSource(clock, () => 0.5),
    accept,
    relevant: (history) => history,
    isOther: (cluster) => cluster === FOREIGN,
    endOf: () => 0,
    isWhole: () => true,
    onForgotten: () => undefined,
  });
}

const wanted = { ...EMPTY_HISTORY, cluster: OWN };

describe('the name of a cluster under one of several secrets', () => {
  it('is the one that stands there', async () => {
    const copies = copiesOf();
    expect(copies.underItsName(wanted)).toBe(wanted);
    await copies.read(nodeOf(ANOTHER));
    const renamed = copies.underItsName(wanted);
    expect(renamed.cluster).toBe(ANOTHER);
    // The same object, so that an unchanged history is not encoded again.
    expect(copies.underItsName(wanted)).toBe(renamed);
  });

  it('is not that of another cluster', async () => {
    const copies = copiesOf();
    await copies.read(nodeOf(FOREIGN));
    expect(copies.underItsName(wanted)).toBe(wanted);
  });

  it('is this client’s where that stands there, too', async () => {
    const copies = copiesOf();
    for (const name of [OWN, ANOTHER]) await copies.read(nodeOf(name));
    expect(copies.underItsName(wanted)).toBe(wanted);
  });
});

describe('a history that was refused', () => {
  it('does not count as one that is read less often because it is long', async () => {
    let isRefused = false;
    const copies = copiesOf(() =>
      isRefused ? Promise.reject(new HistoryRefused('content', 'it has too much of something')) : Promise.resolve(),
    );
    await copies.read(nodeOf(OWN));
    const { bytes } = copies;
    expect(bytes).toBeGreaterThan(0);
    isRefused = true;
    const long = nodeOf('l'.repeat(64));
    for (let round = 0; round < 2; round += 1) expect((await copies.read(long)).history).toBe(EMPTY_HISTORY);
    expect(copies.bytes).toBe(bytes);
  });

  it('is not looked at again when it is written again', async () => {
    let looks = 0;
    const copies = copiesOf(() => {
      looks += 1;
      return Promise.reject(new HistoryRefused('content', 'it has too much of something'));
    });
    for (let round = 0; round < 5; round += 1)
      for (const name of [ANOTHER, FOREIGN]) expect((await copies.read(nodeOf(name))).history).toBe(EMPTY_HISTORY);
    expect(looks).toBe(2);
  });
});
