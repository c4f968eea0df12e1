import { createHash } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { arbitraryKeys, arbitraryNodes } from '../test/arbitrary-nodes.ts';
import type { RingNode } from './distribution.ts';
import { modulo } from './modulo.ts';
import type { ModuloOptions } from './modulo.ts';
import { oneAtATime } from './one-at-a-time.ts';

test('the owner is the node at the remainder of the hash, in the order of the list', () => {
  fc.assert(
    fc.property(arbitraryNodes(), arbitraryKeys, (nodes, keys) => {
      for (const key of keys) {
        const md5 = createHash('md5').update(key).digest().readUInt32LE(0);
        expect(modulo(nodes).owner(key)).toBe(nodes[(oneAtATime(key) >>> 0) % nodes.length]);
        expect(modulo(nodes, { hash: 'md5' }).owner(key)).toBe(nodes[md5 % nodes.length]);
        expect(modulo<RingNode>([], { hash: 'md5' }).withNodes(nodes).owner(key)).toBe(nodes[md5 % nodes.length]);
      }
    }),
  );
});

test('owners follow each other in the list, from whose end they go on at its beginning', () => {
  fc.assert(
    fc.property(arbitraryNodes(), arbitraryKeys, (nodes, keys) => {
      const distribution = modulo(nodes);
      for (const key of keys) {
        const first = nodes.indexOf(distribution.owner(key));
        const all = nodes.map((_, offset) => nodes[(first + offset) % nodes.length]);
        for (let count = 0; count <= nodes.length + 2; count += 1)
          expect(distribution.owners(key, count)).toEqual(all.slice(0, count));
      }
    }),
    { numRuns: 50 },
  );
});

test('the order of the nodes is part of the definition', () => {
  const nodes = [{ id: 'a:1' }, { id: 'b:1' }];
  const reversed = modulo(nodes.toReversed());
  for (let index = 0; index < 50; index += 1)
    expect(reversed.owner(`key-${index}`)).not.toBe(modulo(nodes).owner(`key-${index}`));
});

test('no node owns nothing', () => {
  expect(modulo([]).owners('key', 2)).toEqual([]);
  expect(() => modulo([]).owner('key')).toThrow(expect.objectContaining({ code: 'SESS_NO_NODES' }));
});

test.each([
  [
    { hash: 'sha1' },
    'modulo.hash: expected one of "one-at-a-time", "md5", got "sha1". Choose one, or leave it out for "one-at-a-time".',
  ],
  [{ algorithm: 'md5' }, 'modulo: expected only the options it knows (hash), got "algorithm". Correct or remove it.'],
])('%j is refused', (options, message) => {
  expect(() => modulo([{ id: 'a:1' }], options as ModuloOptions)).toThrow(
    expect.objectContaining({ code: 'SESS_BAD_OPTION', message }),
  );
});
