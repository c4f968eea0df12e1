import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../topology.ts';
import { MAX_NODES } from '../topology-value.ts';
import { parseConfiguration } from './configuration.ts';

function nodes(payload: string): readonly ClusterNode[] {
  const configuration = parseConfiguration(payload);
  if (configuration.kind !== 'topology') throw new Error(`${configuration.kind}: ${configuration.reason}`);
  return configuration.topology.nodes;
}

const listing = (count: number): string =>
  `7\n${Array.from({ length: count }, (_, index) => `node-${index}.cfg|10.0.${index >> 8}.${index & 255}|11211`).join(' ')}\n`;

describe('a configuration', () => {
  it.each([90, 300, MAX_NODES])('of %d nodes is taken whole', (count) => {
    const configuration = parseConfiguration(listing(count));
    expect(configuration.kind === 'topology' && configuration.topology.nodes).toHaveLength(count);
  });

  it('of more nodes than any service has is refused, and says how many', () => {
    expect(parseConfiguration(listing(MAX_NODES + 1))).toMatchObject({
      kind: 'malformed',
      reason: expect.stringContaining('lists 1001 nodes'),
    });
    expect(parseConfiguration(listing(20_000))).toMatchObject({
      kind: 'malformed',
      reason: expect.stringContaining('lists 20000 nodes'),
    });
  });

  it('is a version and nodes in the order of the list', () => {
    expect(
      parseConfiguration('12\nb.use1.cache.amazonaws.com|10.0.0.2|11211 a.use1.cache.amazonaws.com|10.0.0.1|11212\n'),
    ).toEqual({
      kind: 'topology',
      topology: {
        version: 12,
        nodes: [
          {
            id: 'b.use1.cache.amazonaws.com:11211',
            host: 'b.use1.cache.amazonaws.com',
            port: 11_211,
            address: '10.0.0.2',
          },
          {
            id: 'a.use1.cache.amazonaws.com:11212',
            host: 'a.use1.cache.amazonaws.com',
            port: 11_212,
            address: '10.0.0.1',
          },
        ],
      },
    });
  });

  it.each([
    ['without the last line break', '1\na||11211'],
    ['with CRLF after the version', '1\r\na||11211\n'],
    ['with CRLF everywhere and spaces around', ' 1 \r\n  a||11211  \r\n\r\n'],
  ])('is read %s', (_, payload) => {
    expect(nodes(payload)).toEqual([{ id: 'a:11211', host: 'a', port: 11_211 }]);
  });

  it('may leave the ip empty, give IPv6, an address as host, or a name that begins with a digit', () => {
    const list =
      'host||11211 v6.example|2001:db8::1|11211 10.0.0.7|10.0.0.7|11211 0001.abc.use1|10.0.0.8|11211 2001:db8::2|2001:db8::2|11211 [::1]|[::1]|1';
    expect(nodes(`1\n${list}\n`)).toEqual([
      { id: 'host:11211', host: 'host', port: 11_211 },
      { id: 'v6.example:11211', host: 'v6.example', port: 11_211, address: '2001:db8::1' },
      { id: '10.0.0.7:11211', host: '10.0.0.7', port: 11_211, address: '10.0.0.7' },
      { id: '0001.abc.use1:11211', host: '0001.abc.use1', port: 11_211, address: '10.0.0.8' },
      { id: '[2001:db8::2]:11211', host: '2001:db8::2', port: 11_211, address: '2001:db8::2' },
      { id: '[::1]:1', host: '::1', port: 1, address: '::1' },
    ]);
  });

  it('lists a node that is given twice once', () => {
    expect(nodes('1\na|10.0.0.1|1 b||1 a|10.0.0.1|1').map(({ id }) => id)).toEqual(['a:1', 'b:1']);
  });

  it.each(['', '\n', ' \r\n \n', '7', '7\n\n', '7\r\n'])('without a node is empty: %j', (payload) => {
    expect(parseConfiguration(payload).kind).toBe('empty');
  });

  it.each([
    ['no version', 'a|10.0.0.1|11211\n'],
    ['a negative version', '-1\na||1'],
    ['a version too large to compare', '9007199254740993\na||1'],
    ['a node without port', '1\na|10.0.0.1'],
    ['a node with too many fields', '1\na|10.0.0.1|11211|x'],
    ['a node without host', '1\n|10.0.0.1|11211'],
    ['a port out of range', '1\na||65536'],
    ['port 0', '1\na||0'],
    ['an ip that is none', '1\na|10.0.0|11211'],
    ['an ip of no machine', '1\na|0.0.0.0|11211'],
    ['an ip of many machines', '1\na|ff02::1|11211'],
    ['a host that is the address of no machine', '1\n0.0.0.0||11211'],
    ['a host that is none', '1\na_b!|10.0.0.1|11211'],
    ['a host cut off in the middle of an address', '1\n10.0.0|10.0.0.1|11211'],
    ['one bad node among good ones', '1\na||1 b||1 c|'],
    ['a third line', '1\na||1\nb||1'],
  ])('with %s is malformed as a whole', (_, payload) => {
    expect(parseConfiguration(payload).kind).toBe('malformed');
  });

  it('is never changed after it was read', () => {
    const [node] = nodes('1\na||1');
    expect(Object.isFrozen(node)).toBe(true);
  });

  it('of anything at all is read without a throw, and gives only whole nodes', () => {
    const piece = fc.constantFrom(
      '1',
      '42',
      '\n',
      '\r\n',
      ' ',
      '|',
      'a',
      '10.0.0.1',
      '::1',
      '11211',
      '[',
      ']',
      '-',
      '\0',
      'é',
    );
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(soup, (payload) => {
        const configuration = parseConfiguration(payload);
        if (configuration.kind !== 'topology') return;
        expect(configuration.topology.nodes.length).toBeGreaterThan(0);
        for (const node of configuration.topology.nodes)
          expect(node.port >= 1 && node.port <= 65_535 && node.host !== '').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
