import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import type { Distribution, RingNode } from '../src/index.ts';
import { ketama, modulo } from '../src/index.ts';

const ALGORITHMS = {
  'libmemcached-ketama-weighted': (nodes) => ketama(nodes),
  'libmemcached-ketama': (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' }),
  'libmemcached-modula': (nodes) => modulo(nodes),
  'libmemcached-modula-md5': (nodes) => modulo(nodes, { hash: 'md5' }),
  'spymemcached-ketama': (nodes) => ketama(nodes, { compatibleWith: 'spymemcached' }),
} satisfies Record<string, (nodes: readonly RingNode[]) => Distribution>;

/** Owners that other clients computed. One that changes here changes in every cluster: a breaking change. */
interface Vectors {
  readonly cases: readonly {
    readonly algorithm: keyof typeof ALGORITHMS;
    readonly servers: readonly { readonly host: string; readonly port: number; readonly weight: number }[];
    readonly owners: Readonly<Record<string, string>>;
  }[];
}

describe.each([
  { file: 'key-owners.json', owners: 5340, algorithms: 5 },
  { file: 'more-key-owners.json', owners: 439, algorithms: 4 },
])('the owners in $file', ({ file, owners: count, algorithms }) => {
  const { cases } = JSON.parse(readFileSync(new URL(`vectors/${file}`, import.meta.url), 'utf8')) as Vectors;

  test(`are ${count}, of ${algorithms} algorithms`, () => {
    expect(cases.reduce((sum, { owners }) => sum + Object.keys(owners).length, 0)).toBe(count);
    expect(new Set(cases.map(({ algorithm }) => algorithm)).size).toBe(algorithms);
  });

  test.each(cases.map((vector, index) => ({ ...vector, index, nodes: vector.servers.length })))(
    'case $index: $algorithm, $nodes nodes',
    ({ algorithm, servers, owners }) => {
      const nodes = servers.map(({ host, port, weight }) => ({
        id: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        weight,
      }));
      const distribution = ALGORITHMS[algorithm](nodes);
      const found = Object.fromEntries(Object.keys(owners).map((key) => [key, distribution.owner(key).id]));
      expect(found).toEqual(owners);
    },
  );
});
