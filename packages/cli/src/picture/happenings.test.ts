import { describe, expect, it } from 'vitest';

import type { NodeFigures, NodeReport } from '../cluster/node-report.ts';
import type { ClusterStatus } from '../commands/status.ts';
import { Happenings, happeningsBetween, type Happening } from './happenings.ts';

const FIGURES: NodeFigures = {
  version: '1.6.18',
  uptimeSeconds: 100,
  time: 0,
  clockOffsetMs: 0,
  items: 600,
  bytes: 1,
  limitBytes: 1,
  evictions: 0,
  connections: 1,
  maxConnections: 1,
  rejectedConnections: 0,
  requests: 1_000,
  hits: 900,
  misses: 100,
  expired: 0,
  flushed: 0,
  flushes: 0,
};
const NODE: NodeReport = {
  id: 'a:1',
  health: 'up',
  isListed: true,
  zone: undefined,
  drain: undefined,
  share: 0.5,
  figures: FIGURES,
  error: undefined,
};

const withFigures = (figures: Partial<NodeFigures>): NodeReport => ({ ...NODE, figures: { ...FIGURES, ...figures } });

function status(nodes: readonly NodeReport[], copies = 1): ClusterStatus {
  return {
    version: 1,
    copies,
    ring: undefined,
    nodes,
    handovers: [],
    settingsDiffer: false,
    secretUnknown: undefined,
    guard: undefined,
  };
}

function between(before: readonly NodeReport[], after: readonly NodeReport[], copies = 1): readonly Happening[] {
  return happeningsBetween(status(before, copies), status(after, copies), new Map([['a:1', FIGURES]]), 1_000);
}

const down: NodeReport = { ...NODE, health: 'down', figures: undefined };
const anew = withFigures({ uptimeSeconds: 1, requests: 3, items: 0 });
const drained: NodeReport = { ...NODE, drain: 'drained', share: undefined };

describe('what happened between two looks', () => {
  it('is nothing where nothing is different', () => {
    expect(between([NODE], [withFigures({ uptimeSeconds: 101, requests: 1_200, items: 640 })])).toEqual([]);
  });

  it.each<[string, NodeReport[], NodeReport[], number, string, string, number]>([
    ['a node joins', [], [NODE], 1, 'joined', 'change', 0],
    ['one that was not drained leaves, with the only copy', [NODE], [], 1, 'left', 'cost', 600],
    ['it stays connected to after that', [NODE], [{ ...NODE, isListed: false }], 1, 'left', 'cost', 600],
    ['it leaves, and other nodes have copies', [NODE], [], 2, 'left', 'change', 0],
    ['it was drained before it leaves', [drained], [], 1, 'left', 'gain', 0],
    ['it does not answer, with the only copy', [NODE], [down], 1, 'down', 'cost', 600],
    ['it does not answer, and other nodes have copies', [NODE], [down], 2, 'down', 'change', 0],
    ['it answers again', [down], [NODE], 1, 'up', 'gain', 0],
    ['it started anew', [NODE], [anew], 1, 'restarted', 'cost', 600],
    ['it started anew, and other nodes have copies', [NODE], [anew], 2, 'restarted', 'change', 0],
    ['somebody flushed it', [NODE], [withFigures({ flushes: 1, items: 0 })], 1, 'flushed', 'cost', 600],
    ['it evicts', [NODE], [withFigures({ evictions: 30 })], 1, 'evicting', 'cost', 30],
    ['its drain begins', [NODE], [{ ...NODE, drain: 'draining' }], 1, 'draining', 'change', 0],
    ['its drain is done', [{ ...NODE, drain: 'draining' }], [drained], 1, 'drained', 'gain', 0],
    ['it is put back', [drained], [NODE], 1, 'put-back', 'change', 0],
  ])('%s', (_what, before, after, copies, kind, weight, items) => {
    const [first, ...more] = between(before, after, copies);
    expect(first).toMatchObject({ node: 'a:1', kind, weight, items, at: 1_000 });
    expect(more).toEqual([]);
  });

  it('a node that crashed and comes back empty has restarted, not just answered again', () => {
    const before = status([down]);
    expect(happeningsBetween(before, status([anew]), new Map([['a:1', FIGURES]]), 1)).toMatchObject([
      { kind: 'restarted', items: 600 },
    ]);
  });
});

function evicts(at: number, items: number): Happening {
  return { at, kind: 'evicting', weight: 'cost', node: 'a:1', items, means: '' };
}

describe('the story', () => {
  it('adds up what goes on, and has what is long ago apart', () => {
    const story = new Happenings();
    story.add([evicts(0, 10)]);
    story.add([evicts(1_000, 5)]);
    story.add([evicts(100_000, 7)]);
    expect(story.all.map(({ at, items }) => [at, items])).toEqual([
      [100_000, 7],
      [1_000, 15],
    ]);
  });

  it('has an end', () => {
    const story = new Happenings();
    for (let at = 0; at < 1_000; at += 1) story.add([{ ...evicts(at, 1), kind: 'restarted' }]);
    expect(story.all).toHaveLength(100);
    expect(story.all[0]?.at).toBe(999);
  });
});
