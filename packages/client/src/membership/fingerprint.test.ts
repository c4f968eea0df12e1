import { ketama, modulo, rendezvous } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { ORDERED } from './history.ts';
import { fingerprintOf, knownDistribution } from './fingerprint.ts';
import type { DistributionFactory } from './view.ts';

const ALL: readonly DistributionFactory[] = [
  ketama,
  (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' }),
  (nodes) => ketama(nodes, { compatibleWith: 'spymemcached' }),
  modulo,
  (nodes) => modulo(nodes, { hash: 'md5' }),
  rendezvous,
];

const alwaysFirst: DistributionFactory = (nodes) => ({ ...rendezvous(nodes), owners: () => nodes.slice(0, 1) });

describe('the fingerprint of a distribution', () => {
  it('tells those of @sess apart, and finds each of them again', () => {
    const fingerprints = ALL.map(fingerprintOf);
    expect(new Set(fingerprints).size).toBe(ALL.length);
    for (const fingerprint of fingerprints) {
      const found = knownDistribution(fingerprint);
      expect(found === undefined ? undefined : fingerprintOf(found)).toBe(fingerprint);
    }
  });

  it('is nothing for ketama as it is by default, however it is given: histories of earlier versions have none', () => {
    expect(fingerprintOf(ketama)).toBe('');
    expect(fingerprintOf((nodes) => ketama(nodes, { compatibleWith: 'libmemcached-weighted' }))).toBe('');
  });

  it('says whether the order of the nodes matters', () => {
    expect(fingerprintOf(modulo).startsWith(ORDERED)).toBe(true);
    expect(fingerprintOf(rendezvous).startsWith(ORDERED)).toBe(false);
  });

  it('is of no distribution of @sess for one of the application', () => {
    expect(knownDistribution(fingerprintOf(alwaysFirst))).toBeUndefined();
  });
});
