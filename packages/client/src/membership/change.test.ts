import { describe, expect, it } from 'vitest';
import { checkTopology } from './change.ts';

const listing = (...ids: string[]) => ({ nodes: ids.map((id) => ({ id, host: 'any', port: 1 })) });

describe('a list of nodes from a discovery of the user', () => {
  it.each([
    ['a:1', 'a:1'],
    ['h:1', 'H:1'],
    ['h:1', 'h.:1'],
    ['[2001:db8::1]:1', '[2001:DB8:0::1]:1'],
    ['/run/one.sock', '/run/one.sock'],
  ])('is refused if it names one node twice, in whatever spelling: %s and %s', (first, second) => {
    expect(() => checkTopology(listing(first, 'other:1', second))).toThrow(`it names ${second} twice.`);
  });

  it('is refused if it names no node, or something else', () => {
    expect(() => checkTopology(listing())).toThrow('it names no node.');
    expect(() => checkTopology(listing('a:1', 'a'))).toThrow(
      'it names a node "a", and the id of a node is "host:port".',
    );
  });

  it('is taken otherwise', () => {
    expect(() => checkTopology(listing('a:1', 'a:2', 'b:1', '/run/a.sock', '/run/A.sock'))).not.toThrow();
  });
});
