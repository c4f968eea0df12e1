import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import type { Distribution, RingNode } from '../src/index.ts';
import { ketama, modulo } from '../src/index.ts';

/** Owners that libmemcached 1.1.4 and spymemcached 2.12 computed. A key that moves here moves in every cluster: a breaking change. */
interface Vectors {
  readonly cases: readonly {
    readonly algorithm: keyof typeof ALGORITHMS;
    readonly servers: readonly { readonly host: string; readonly port: number; readonly weight: number }[];
    readonly owners: Readonly<Record<string, string>>;
  }[];
}

const ALGORITHMS = {
  'libmemcached-ketama-weighted': (nodes) => ketama(nodes),
  'libmemcached-ketama': (nodes) => ketama(nodes, { compatibleWith: 'libmemcached' }),
  'libmemcached-modula': (nodes) => modulo(nodes),
  'libmemcached-modula-md5': (nodes) => modulo(nodes, { hash: 'md5' }),
  'spymemcached-ketama': (nodes) => ketama(nodes, { compatibleWith: 'spymemcached' }),
} satisfies Record<string, (nodes: readonly RingNode[]) => Distribution>;

const vectors = JSON.parse(readFileSync(new URL('vectors/key-owners.json', import.meta.url), 'utf8')) as Vectors;

describe('owners that libmemcached and spymemcached computed', () => {
  test('there are 5,340 of them, of five algorithms', () => {
    expect(vectors.cases.reduce((sum, { owners }) => sum + Object.keys(owners).length, 0)).toBe(5340);
    expect(new Set(vectors.cases.map(({ algorithm }) => algorithm))).toEqual(new Set(Object.keys(ALGORITHMS)));
  });

  test.each(vectors.cases.map((vector, index) => [index, vector.algorithm, vector.servers.length, vector] as const))(
    'case %i: %s with %i nodes',
    (_index, _algorithm, _count, { algorithm, servers, owners }) => {
      const distribution = ALGORITHMS[algorithm](servers.map(({ host, port, weight }) => ({ id: `${host}:${port}`, weight })));
      const found = Object.fromEntries(Object.keys(owners).map((key) => [key, distribution.owner(key).id]));
      expect(found).toEqual(owners);
    },
  );
});
