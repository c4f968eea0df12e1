import { describe, expect, test } from 'vitest';

import type { RingNode } from './distribution.ts';
import { HashRingError } from './errors.ts';
import { ketama } from './ketama.ts';
import { modulo } from './modulo.ts';
import { placeNodes } from './placement.ts';
import { rendezvous } from './rendezvous.ts';

function errorOf(nodes: unknown): HashRingError {
  try {
    placeNodes(nodes as RingNode[]);
  } catch (error) {
    if (HashRingError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['10.0.0.1:11211', '10.0.0.1', 11_211],
  ['sess-prod.x7k2f.0001.use1.cache.amazonaws.com:11211', 'sess-prod.x7k2f.0001.use1.cache.amazonaws.com', 11_211],
  ['memcached_1:65535', 'memcached_1', 65_535],
  ['[::1]:11212', '::1', 11_212],
  ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
])('takes %s apart', (id, host, port) => {
  expect(placeNodes([{ id }])).toEqual([{ index: 0, id, host, port, weight: 1, address: undefined }]);
});

test('orders nodes by host, byte for byte, then by port as a number', () => {
  const given = ['b:1', 'a:10', '[::1]:5', 'a:9', 'B:1', '10.0.0.10:1', '10.0.0.9:1'].map((id) => ({ id }));
  expect(placeNodes(given).map(({ id }) => id)).toEqual([
    '10.0.0.10:1',
    '10.0.0.9:1',
    '[::1]:5',
    'B:1',
    'a:9',
    'a:10',
    'b:1',
  ]);
  expect(placeNodes(given).map(({ index }) => given[index]?.id)).toEqual(placeNodes(given).map(({ id }) => id));
});

describe('an id that is not host:port', () => {
  test.each([
    ['10.0.0.1', 'Add the port, as in "10.0.0.1:11211".'],
    ['cache', 'Add the port, as in "cache:11211".'],
    ['::1', 'as in "[::1]:11211".'],
    ['fe80::1:11211', 'as in "[fe80::1]:11211".'],
    ['fe80::1:80', 'as in "[fe80::1:80]:11211".'],
    ['1:2:3:4:5:6:7:8:11211', 'as in "[1:2:3:4:5:6:7:8]:11211".'],
    ['[::1]', 'Write it as in'],
    ['[localhost]:11211', 'Write it as in'],
    [':11211', 'Write it as in'],
    ['a:0', 'Write it as in'],
    ['a:65536', 'Write it as in'],
    ['a:011211', 'Write it as in'],
    ['a:1e3', 'Write it as in'],
    ['a b:11211', 'Write it as in'],
    ['caf\u00e9:11211', 'Write it as in'],
    ['a:11211\n', 'Write it as in'],
    ['/var/run/memcached.sock', 'Write it as in'],
    ['', 'Write it as in'],
    [undefined, 'Name the node'],
    [11_211, 'Name the node'],
  ])('%j is refused with what to write instead', (id, advice) => {
    const error = errorOf([{ id: 'fine:1' }, { id }]);
    expect(error.code).toBe('SESS_BAD_NODE');
    expect(error.message).toContain(
      'nodes[1].id: expected "host:port" in printable ASCII with a port from 1 to 65535, got ',
    );
    expect(error.message).toContain(advice);
  });

  test('is cut short in the message', () => {
    expect(errorOf([{ id: 'x'.repeat(5000) }]).message.length).toBeLessThan(400);
  });
});

describe('a list that cannot be used', () => {
  test.each([
    [undefined, 'nodes: expected an array of { id: "host:port" }, got undefined. Put the nodes in an array.'],
    ['a:1', 'nodes: expected an array of { id: "host:port" }, got "a:1". Put the nodes in an array.'],
    [{ id: 'a:1' }, 'nodes: expected an array of { id: "host:port" }, got an object. Put the nodes in an array.'],
    [['a:1'], 'nodes[0]: expected { id: "host:port", weight? }, got "a:1". Write { id: "a:1" }.'],
    [[null], 'nodes[0]: expected { id: "host:port", weight? }, got null.'],
    [
      [{ id: 'a:1' }, { id: 'b:1' }, { id: 'a:1', weight: 2 }],
      'nodes[2].id: expected each node once, got "a:1" again (first at nodes[0]). Remove one; for a larger share set its weight.',
    ],
    [
      [{ id: 'a:1', weight: 0 }],
      'nodes[0].weight: expected a finite number above 0, got 0. Leave a node that should hold nothing out of the list.',
    ],
  ])('%j', (nodes, message) => {
    const error = errorOf(nodes);
    expect(error.code).toBe('SESS_BAD_NODE');
    expect(error.message).toBe(message);
  });

  test.each([-1, Number.NaN, Infinity, '2', null, {}])('a weight of %j is refused', (weight) => {
    const error = errorOf([{ id: 'a:1', weight }]);
    expect(error.code).toBe('SESS_BAD_NODE');
    expect(error.message).toMatch(
      /^nodes\[0\]\.weight: expected a finite number above 0, got .*\. Leave it out for the default, 1\.$/,
    );
  });
});

test('every distribution checks its nodes, when made and when made anew', () => {
  const bad = [{ id: 'nowhere' }];
  for (const make of [ketama, modulo, rendezvous]) {
    expect(() => make(bad)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_NODE', name: 'HashRingError', retryable: false }),
    );
    expect(() => make([{ id: 'a:1' }]).withNodes(bad)).toThrow(expect.objectContaining({ code: 'SESS_BAD_NODE' }));
  }
});

test('a change to the list that was given changes nothing', () => {
  for (const make of [ketama, modulo, rendezvous]) {
    const given = [{ id: 'a:1' }, { id: 'b:1' }];
    const distribution = make(given);
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    const before = keys.map((key) => distribution.owner(key).id);
    given.reverse();
    given.push({ id: 'c:1' });
    expect(distribution.nodes.map(({ id }) => id)).toEqual(['a:1', 'b:1']);
    expect(keys.map((key) => distribution.owner(key).id)).toEqual(before);
    expect(Object.isFrozen(distribution.nodes)).toBe(true);
  }
});
