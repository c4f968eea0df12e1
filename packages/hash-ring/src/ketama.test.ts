import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { arbitraryKeys, arbitraryNodes } from '../test/arbitrary-nodes.ts';
import type { Distribution } from './distribution.ts';
import { HashRingError } from './errors.ts';
import { libmemcachedWeighted } from './ketama-forms.ts';
import { ketama } from './ketama.ts';
import type { KetamaOptions } from './ketama.ts';
import { PointRing } from './point-ring.ts';

const forms = ['libmemcached-weighted', 'libmemcached', 'spymemcached'] as const;

function nodesCalled(...ids: string[]): { id: string }[] {
  return ids.map((id) => ({ id }));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (HashRingError.is(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'nothing was thrown';
}

function refuseToHash(): never {
  throw new Error('hashed');
}

describe('options', () => {
  test.each([
    [
      { compatibleWith: 'ketama' },
      'ketama.compatibleWith: expected one of "libmemcached-weighted", "libmemcached", "spymemcached", got "ketama".',
    ],
    [
      { compatibleWith: null },
      'ketama.compatibleWith: expected one of "libmemcached-weighted", "libmemcached", "spymemcached", got null.',
    ],
    [
      { compatible: 'libmemcached' },
      'ketama: expected only the options it knows (compatibleWith, pointNames), got "compatible".',
    ],
    [new Map(), 'ketama: expected an object of options (compatibleWith, pointNames), got an object.'],
    ['libmemcached', 'ketama: expected an object of options (compatibleWith, pointNames), got "libmemcached".'],
    [
      { pointNames: 'host:port' },
      'ketama.pointNames: expected only with compatibleWith "spymemcached", got compatibleWith "libmemcached-weighted".',
    ],
    [
      { compatibleWith: 'spymemcached', pointNames: 'ip' },
      'ketama.pointNames: expected one of "host:port", "host/address:port", got "ip".',
    ],
  ])('%j is refused', (options, message) => {
    expect(codeOf(() => ketama(nodesCalled('a:1'), options as KetamaOptions))).toContain(`SESS_BAD_OPTION ${message}`);
  });

  test('the default is libmemcached-weighted', () => {
    fc.assert(
      fc.property(arbitraryNodes({ weighted: true }), arbitraryKeys, (nodes, keys) => {
        const [one, other] = [ketama(nodes), ketama(nodes, { compatibleWith: 'libmemcached-weighted' })];
        for (const key of keys) expect(one.owner(key)).toBe(other.owner(key));
      }),
    );
  });

  test('stay with the distribution when it gets other nodes', () => {
    const nodes = nodesCalled('10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11212', '10.0.0.4:11212');
    const keys = Array.from({ length: 200 }, (_, index) => `sess:${index}`);
    const byForm = forms.map((compatibleWith) => {
      const anew = ketama(nodesCalled('other:1'), { compatibleWith }).withNodes(nodes);
      const fresh = ketama(nodes, { compatibleWith });
      expect(keys.map((key) => anew.owner(key))).toEqual(keys.map((key) => fresh.owner(key)));
      return keys.map((key) => anew.owner(key).id).join();
    });
    expect(new Set(byForm).size).toBe(3);
  });
});

describe('spymemcached with servers given by host name', () => {
  const options = { compatibleWith: 'spymemcached', pointNames: 'host/address:port' } as const;
  const nodes = [
    { id: 'one.example.com:11211', address: '10.0.0.1' },
    { id: 'two.example.com:11211', address: '10.0.0.2' },
  ];

  test('names points with host and address, so the address decides too', () => {
    const moved = [{ id: 'one.example.com:11211', address: '10.0.0.9' }, ...nodes.slice(1)];
    const keys = Array.from({ length: 500 }, (_, index) => `sess:${index}`);
    const owners = keys.map((key) => ketama(nodes, options).owner(key).id);
    expect(owners).not.toEqual(keys.map((key) => ketama(moved, options).owner(key).id));
    expect(owners).not.toEqual(keys.map((key) => ketama(nodes, { compatibleWith: 'spymemcached' }).owner(key).id));
  });

  test('names a server that was given by address without a host name', () => {
    const byAddress = ['10.0.0.1', '10.0.0.2'].map((address) => ({ id: `${address}:11211`, address }));
    const [one, other] = [ketama(byAddress, options), ketama(byAddress, { compatibleWith: 'spymemcached' })];
    for (let index = 0; index < 200; index += 1) expect(one.owner(`sess:${index}`)).toBe(other.owner(`sess:${index}`));
  });

  test('asks for the address of every node, even of a single one', () => {
    expect(codeOf(() => ketama(nodesCalled('one.example.com:11211'), options))).toBe(
      'SESS_BAD_NODE nodes[0].address: expected the IP address of one.example.com:11211, which pointNames "host/address:port" asks for, got none. ' +
        'Add it, or use pointNames "host:port".',
    );
  });
});

describe('two nodes on one point', () => {
  // Found by search: for each form two nodes, and a key whose next point belongs to both. libmemcached itself gives
  // the key to the node that comes first in its list; with MEMCACHED_BEHAVIOR_SORT_HOSTS that is this owner.
  test.each([
    ['libmemcached-weighted', 'key-102', ['node-699:11211', 'node-546:11211'], 'node-546:11211'],
    ['libmemcached', 'key-140', ['node-363:11211', 'node-10:11211'], 'node-10:11211'],
    ['spymemcached', 'key-199', ['node-379:11211', 'node-889:11211'], 'node-889:11211'],
  ] as const)('%s: the order of hosts decides, whatever the order of the list', (compatibleWith, key, ids, owner) => {
    for (const order of [[...ids], ids.toReversed()]) {
      const ring = ketama(nodesCalled(...order), { compatibleWith });
      expect(ring.owner(key).id).toBe(owner);
      expect(ring.owners(key, 2).map(({ id }) => id)).toEqual([owner, ids.find((id) => id !== owner)]);
    }
  });
});

describe.each(forms)('%s: owners of a key', (compatibleWith) => {
  const arbitrary = arbitraryNodes({ weighted: true });

  test('do not depend on the order in which nodes are given', () => {
    const shuffled = arbitrary.chain((nodes) =>
      fc.tuple(fc.constant(nodes), fc.shuffledSubarray(nodes, { minLength: nodes.length })),
    );
    fc.assert(
      fc.property(shuffled, arbitraryKeys, ([nodes, others], keys) => {
        const [one, other] = [ketama(nodes, { compatibleWith }), ketama(others, { compatibleWith })];
        expect(other.nodes).toEqual(others);
        for (const key of keys) expect(one.owners(key, nodes.length)).toEqual(other.owners(key, nodes.length));
      }),
    );
  });

  test('are distinct, begin with the owner, and grow at the end when more are asked for', () => {
    fc.assert(
      fc.property(arbitrary, arbitraryKeys, (nodes, keys) => {
        const ring = ketama(nodes, { compatibleWith });
        for (const key of keys) {
          const all = ring.owners(key, nodes.length + 5);
          expect(new Set(all)).toEqual(new Set(nodes));
          expect(all).toHaveLength(nodes.length);
          expect(all[0]).toBe(ring.owner(key));
          for (let count = 0; count <= nodes.length; count += 1)
            expect(ring.owners(key, count)).toEqual(all.slice(0, count));
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('the nodes that come back are the very objects that were given', () => {
  const nodes = [
    { id: 'a:1', rack: 1 },
    { id: 'b:1', rack: 2 },
  ];
  const ring = ketama(nodes);
  expect(nodes).toContain(ring.owner('key'));
  expect(ring.owner('key').rack).toBeTypeOf('number');
});

test('a node too light for a point owns nothing, and comes last among the owners', () => {
  const nodes = [
    { id: 'light:1', weight: 1 },
    { id: 'heavy:1', weight: 1000 },
    { id: 'light:2', weight: 1 },
  ];
  const ring = ketama(nodes);
  for (let index = 0; index < 200; index += 1) {
    expect(ring.owners(`sess:${index}`, 3).map(({ id }) => id)).toEqual(['heavy:1', 'light:1', 'light:2']);
  }
});

test.each([Number.MIN_VALUE, 1e-300, 1e300, Number.MAX_VALUE])(
  'equal weights of %d are like any other equal weights',
  (weight) => {
    const plain = nodesCalled('a:1', 'b:1', 'c:1');
    const odd = ketama(plain.map((node) => ({ ...node, weight })));
    const ring = ketama(plain);
    for (let index = 0; index < 200; index += 1)
      expect(odd.owner(`sess:${index}`).id).toBe(ring.owner(`sess:${index}`).id);
  },
);

test('a single node is found without hashing anything', () => {
  const only = { id: 'a:1' };
  const ring = new PointRing([only], { ...libmemcachedWeighted, keyHash: refuseToHash, placeName: refuseToHash });
  expect(ring.owner('any')).toBe(only);
  expect(ring.owners('any', 2)).toEqual([only]);
  expect(() => ring.withNodes([only, { id: 'b:1' }])).toThrow('hashed');
});

test('fits where a function from nodes to a distribution is asked for', () => {
  interface ClusterNode {
    readonly id: string;
    readonly host: string;
    readonly weight?: number;
  }
  const distribution: (nodes: readonly ClusterNode[]) => Distribution<ClusterNode> = ketama;
  expect(distribution([{ id: 'a:1', host: 'a' }]).owner('any').host).toBe('a');
});

test('one node owns every key, and no node none', () => {
  const [only] = nodesCalled('a:1');
  for (const compatibleWith of forms) {
    const one = ketama(only === undefined ? [] : [only], { compatibleWith });
    expect([one.owner('any'), ...one.owners('other', 3)]).toEqual([only, only]);
    const none = one.withNodes([]);
    expect(none.owners('any', 2)).toEqual([]);
    expect(codeOf(() => none.owner('any'))).toMatch(
      /^SESS_NO_NODES owner: expected at least one node, got an empty distribution\. /,
    );
  }
});

test('what is not a key or not a count is refused', () => {
  const ring = ketama(nodesCalled('a:1', 'b:1'));
  for (const key of [undefined, null, 7, Buffer.from('key')] as unknown as string[]) {
    expect(codeOf(() => ring.owner(key))).toMatch(/^SESS_BAD_KEY key: expected a string, got /);
    expect(codeOf(() => ring.owners(key, 2))).toMatch(/^SESS_BAD_KEY /);
  }
  for (const count of [-1, 1.5, Number.NaN, Infinity, '2', undefined] as number[]) {
    expect(codeOf(() => ring.owners('key', count))).toMatch(
      /^SESS_BAD_COUNT count: expected a whole number from 0, got /,
    );
  }
});
