import { describe, expect, it } from 'vitest';

import { ClusterIdentity, type NodeIdentity } from './identity.ts';

const [A, B, C, D] = ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1', '10.0.0.4:1'] as const;
const SHOP = 'shop-name';
const FORUM = 'forum-name';

const AGREEMENT = 35_000;
const NOW = 1_800_000_000_000;

function holding(cluster: string, ...names: string[]): NodeIdentity {
  return { cluster, also: [], isBlank: false, names: new Set(names), confirmedAt: NOW };
}
const BLANK: NodeIdentity = { cluster: '', also: [], isBlank: true, names: new Set(), confirmedAt: 0 };

function of(listed: readonly string[], read: Readonly<Record<string, NodeIdentity>>): ClusterIdentity {
  const identity = new ClusterIdentity(Math.random, AGREEMENT);
  identity.learn(new Map(Object.entries(read)), new Set(listed));
  return identity;
}

describe('the name of a cluster', () => {
  it('is the one that its nodes carry', () => {
    const identity = of([A, B], { [A]: holding(SHOP, A, B), [B]: BLANK });
    expect(identity.own).toBe(SHOP);
    identity.make([A, B]);
    expect(identity.own).toBe(SHOP);
    expect(identity.foreign.size).toBe(0);
  });

  it('may be several, where applications with a secret of their own each gave it one', () => {
    const both = { ...holding(SHOP, A, B), also: [FORUM] };
    const identity = of([A, B], { [A]: both, [B]: holding(FORUM, A, B) });
    expect([identity.isOther(SHOP), identity.isOther(FORUM)]).toEqual([false, false]);
    expect(identity.foreign.size).toBe(0);
  });

  it('is made where none carries one, and differs from every other', () => {
    const names = [of([A], { [A]: BLANK }), of([A], { [A]: BLANK })].map((identity) => {
      identity.make([A]);
      return identity.own;
    });
    expect(names[0]).not.toBe(names[1]);
    expect(names[0]).toMatch(/^[\w-]{12}$/);
  });

  it('is given up for what stands on the nodes, as long as it stood on none', () => {
    const identity = of([A, B], { [A]: BLANK, [B]: BLANK });
    identity.make([A, B]);
    identity.learn(new Map([[A, holding(SHOP, A, B)]]), new Set([A, B]));
    expect(identity.own).toBe(SHOP);
  });

  it.each([
    ['half', [A, B], [B]],
    ['more than half', [A, B, C], [C]],
    ['less than half', [A, B, C], [B, C]],
  ] as const)(
    'means the same as one that %s of its nodes got while it was made, by a client with another list',
    (_, nodes, stored) => {
      const listed = new Set<string>(nodes);
      const identity = new ClusterIdentity(Math.random, AGREEMENT);
      identity.learn(new Map(nodes.map((id) => [id, BLANK])), listed);
      identity.make(nodes);
      const made = identity.own;
      for (const id of stored) identity.stored(id);
      const theirs = nodes.filter((id) => !stored.some((other) => other === id));
      // They don't ask the other nodes, and their history does not name them.
      identity.learn(new Map(theirs.map((id) => [id, holding(SHOP, ...theirs)])), listed);
      expect([identity.isOther(SHOP), identity.isOther(made)]).toEqual([false, false]);
      expect(identity.foreign.size).toBe(0);
      // What comes later is another cluster's.
      identity.learn(new Map([[B, holding(FORUM, B, D)]]), listed);
      expect([...identity.foreign.keys()]).toEqual([B]);
    },
  );

  it('is the same for everybody where two made one each at the same moment', () => {
    const both = { [A]: holding(SHOP, A, B), [B]: holding(FORUM, A, B) };
    const identities = [FORUM, SHOP].map((name) => {
      const identity = of([A, B], { [A]: holding(name, A, B) });
      identity.learn(new Map(Object.entries(both)), new Set([A, B]));
      return identity;
    });
    for (const identity of identities) {
      expect(identity.own).toBe(FORUM);
      expect(identity.foreign.size).toBe(0);
      expect(identity.isOther(SHOP)).toBe(false);
    }
  });

  it('is that of all listed nodes, when all of them carry another', () => {
    const identity = of([A], { [A]: holding(SHOP, A) });
    identity.learn(new Map([[A, holding(FORUM, A)]]), new Set([A]));
    expect(identity.own).toBe(FORUM);
  });
});

describe('a node of another cluster', () => {
  it('that comes onto the list is not used, and leaves no mark', () => {
    const identity = of([A, B], { [A]: holding(SHOP, A, B), [B]: holding(SHOP, A, B) });
    identity.learn(new Map([[C, holding(FORUM, C, D)]]), new Set([A, B, C]));
    expect(identity.own).toBe(SHOP);
    expect([...identity.foreign]).toEqual([[C, FORUM]]);
  });

  it('is found by a process that starts, by what most of its nodes carry', () => {
    const identity = of([A, B, C], {
      [C]: holding(FORUM, C, D),
      [A]: holding(SHOP, A, B),
      [B]: holding(SHOP, A, B),
    });
    expect([...identity.foreign]).toEqual([[C, FORUM]]);
  });

  it('is one of a cluster that nobody uses any more, however many nodes carry its name', () => {
    const retired = { ...holding(FORUM, B, C), confirmedAt: NOW - AGREEMENT - 1 };
    const read = { [A]: holding(SHOP, A), [B]: retired, [C]: retired };
    const identity = of([A, B, C], read);
    expect(identity.own).toBe(SHOP);
    expect([...identity.foreign.keys()]).toEqual([B, C]);
    // Both may be in use, and a node is not always told of each confirmation.
    const used = { ...retired, confirmedAt: NOW - AGREEMENT };
    expect(of([A, B, C], { ...read, [B]: used, [C]: used }).own).toBe(FORUM);
    expect(of([A, B, C], { ...read, [B]: used }).own).toBe(FORUM);
  });

  it('does not lead astray who has stored the name on more nodes, and not read them since', () => {
    const identity = of([A, B, C], { [A]: BLANK, [B]: BLANK, [C]: BLANK });
    identity.make([A, B, C]);
    const { own } = identity;
    for (const id of [A, B]) identity.stored(id);
    identity.learn(new Map([[D, holding(FORUM, D)]]), new Set([A, B, C, D]));
    expect(identity.own).toBe(own);
    expect([...identity.foreign.keys()]).toEqual([D]);
  });

  it('of as many, is the one whose cluster names fewer of the list', () => {
    const read = { [C]: holding(FORUM, C, D), [A]: holding(SHOP, A, B) };
    expect(of([A, B, C], read).own).toBe(SHOP);
    expect(of([B, C, D], { ...read, [B]: BLANK, [D]: BLANK }).own).toBe(FORUM);
  });

  it('is ours again when it has lost what it held', () => {
    const identity = of([A, B], { [A]: holding(SHOP, A, B), [B]: holding(SHOP, A, B) });
    identity.learn(new Map([[C, holding(FORUM, C, D)]]), new Set([A, B, C]));
    identity.learn(new Map([[C, BLANK]]), new Set([A, B, C]));
    expect(identity.foreign.size).toBe(0);
  });

  it('is none whose history has no name: an earlier version wrote it', () => {
    const identity = of([A, B], { [A]: holding(SHOP, A, B), [B]: holding('', A, B) });
    expect(identity.foreign.size).toBe(0);
  });

  it('takes nobody along who is left with it alone for a while', () => {
    const identity = of([A, B], { [A]: holding(SHOP, A, B), [B]: holding(SHOP, A, B) });
    // The client's own nodes are empty; they don't belong to another cluster.
    const emptied = new Map([
      [A, BLANK],
      [C, holding(FORUM, C, D)],
    ]);
    identity.learn(emptied, new Set([A, C]));
    expect(identity.own).toBe(SHOP);
  });
});
