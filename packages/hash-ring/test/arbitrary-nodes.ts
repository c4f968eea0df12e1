import * as fc from 'fast-check';

import type { RingNode } from '../src/index.ts';

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  fc
    .integer({ min: 1, max: 9999 })
    .map((number) => `sess-prod.x7k2f.${String(number).padStart(4, '0')}.use1.cache.amazonaws.com`),
);

const id = fc
  .tuple(host, fc.oneof({ weight: 3, arbitrary: fc.constant(11_211) }, fc.integer({ min: 1, max: 65_535 })))
  .map(([name, port]) => `${name}:${port}`);

const weight = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.01, max: 1000, noNaN: true }));

/** Different nodes, of equal weight where not said otherwise. */
export function arbitraryNodes({ min = 1, max = 40, weighted = false } = {}): fc.Arbitrary<RingNode[]> {
  const node = weighted ? fc.record({ id, weight }) : fc.record({ id });
  return fc.uniqueArray(node, { minLength: min, maxLength: max, selector: (each: RingNode) => each.id });
}

/** Keys like those of sessions, and any other text. */
export const arbitraryKeys: fc.Arbitrary<string[]> = fc.array(
  fc.oneof(fc.stringMatching(/^sess:[A-Za-z0-9_-]{32,43}$/), fc.string(), fc.string({ unit: 'binary' })),
  { minLength: 1, maxLength: 50 },
);
