import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { clusterNode, topologyOf } from '../topology-value.ts';
import type { Topology } from '../topology.ts';
import { VersionGate } from './version-gate.ts';

const at = (version: number | undefined, host = 'a'): Topology =>
  topologyOf([clusterNode({ host, port: 11_211 })], version);

describe('the version gate', () => {
  it('lets in the first list, a higher version, and the same version', () => {
    const gate = new VersionGate(60_000, new ManualClock());
    expect(gate.admits(undefined, at(5), true)).toBe(true);
    expect(gate.admits(at(5), at(6), false)).toBe(true);
    expect(gate.admits(at(5), at(5, 'b'), false)).toBe(true);
    expect(gate.admits(at(undefined), at(1), true)).toBe(true);
  });

  it('lets in an older version at the third poll in a row that finds it', () => {
    const clock = new ManualClock();
    const gate = new VersionGate(60_000, clock);
    const polls = [1, 2, 3].map(() => {
      const admitted = gate.admits(at(5), at(1), true);
      clock.advance(48_000);
      return admitted;
    });
    expect(polls).toEqual([false, false, true]);
  });

  it('does not let in an older version for looks in quick succession', () => {
    const clock = new ManualClock();
    const gate = new VersionGate(60_000, clock);
    for (let look = 0; look < 60; look += 1) {
      expect(gate.admits(at(5), at(1), true)).toBe(false);
      clock.advance(1_000);
    }
  });

  it('starts to count anew when the version in force is seen again', () => {
    const clock = new ManualClock();
    const gate = new VersionGate(60_000, clock);
    const admit = (version: number): boolean => {
      clock.advance(60_000);
      return gate.admits(at(5), at(version), true);
    };
    expect([admit(4), admit(4), admit(5), admit(4), admit(4), admit(4)]).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('never lets in an older version that only a node tells', () => {
    const clock = new ManualClock();
    const gate = new VersionGate(60_000, clock);
    for (let poll = 0; poll < 10; poll += 1) {
      clock.advance(60_000);
      expect(gate.admits(at(5), at(4), false)).toBe(false);
    }
  });
});
