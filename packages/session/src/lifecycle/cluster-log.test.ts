import { channel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClusterLog } from './cluster-log.ts';
import type { LogEntry } from './outage-log.ts';

const NODE = '10.0.0.1:11211';
const OTHER = '10.0.0.2:11211';

function clusterLog(): {
  readonly entries: LogEntry[];
  readonly log: ClusterLog;
  readonly passSeconds: (seconds: number) => void;
} {
  let now = 0;
  const entries: LogEntry[] = [];
  const log = new ClusterLog(
    (entry) => entries.push(entry),
    () => now,
    (node) => node === NODE || node === OTHER,
  );
  onTestFinished(() => log.close());
  return { entries, log, passSeconds: (seconds) => void (now += seconds * 1_000) };
}

const tell = (name: string, message: object): void => channel(`sess:client:${name}`).publish(message);

describe('the log of an operator', () => {
  it('tells once that a node is down, why and what to do, and that it is up again', () => {
    const { entries, passSeconds } = clusterLog();
    const cause = new Error('connect ECONNREFUSED\n10.0.0.1:11211');
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause });
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause });
    passSeconds(90);
    tell('node', { node: NODE, from: 'down', to: 'up' });
    tell('node', { node: OTHER, from: 'unknown', to: 'up' });
    expect(entries).toEqual([
      { level: 'error', message: expect.stringMatching(/^Node 10\.0\.0\.1:11211 is down: connect ECONN.*Check that/) },
      { level: 'info', message: 'Node 10.0.0.1:11211 is up again after 90 s.' },
    ]);
  });

  it('is not filled by a node that comes and goes', () => {
    const { entries, passSeconds } = clusterLog();
    for (let second = 0; second < 600; second += 1) {
      tell('node', { node: NODE, from: 'suspect', to: 'down', cause: new Error('reset') });
      tell('node', { node: NODE, from: 'down', to: 'up' });
      passSeconds(1);
    }
    expect(entries.length).toBe(2);
    tell('node', { node: NODE, from: 'suspect', to: 'down', cause: new Error('reset') });
    expect(entries.length).toBe(3);
  });

  it('logs a node that stays down after it had just come back, but not one that recovers', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { entries, log } = clusterLog();
    const down = (): void => tell('node', { node: NODE, from: 'suspect', to: 'down', cause: new Error('reset') });
    const up = (): void => tell('node', { node: NODE, from: 'down', to: 'up' });
    const levels = (): readonly string[] => entries.map(({ level }) => level);
    for (const change of [down, up, down, up, down, down]) change();
    expect(levels()).toEqual(['error', 'info']);
    vi.advanceTimersByTime(600_000);
    expect(levels()).toEqual(['error', 'info', 'error']);
    for (const change of [up, down, up]) change();
    vi.advanceTimersByTime(600_000);
    expect(levels()).toEqual(['error', 'info', 'error', 'info']);
    down();
    tell('topology', { nodes: [OTHER], added: [], removed: [NODE] });
    down();
    log.close();
    vi.advanceTimersByTime(600_000);
    expect(levels()).toEqual(['error', 'info', 'error', 'info']);
  });

  it.each([
    ['discovery-error', { error: new Error('ENOTFOUND') }, 'warn', /can not be read: ENOTFOUND.*Check the endpoint/],
    [
      'views-disagree',
      { nodes: [NODE], otherNodes: [OTHER] },
      'warn',
      /10\.0\.0\.2:11211; this one uses 10\.0\.0\.1.*Compare/,
    ],
    [
      'history-refused',
      { node: NODE, detail: 'not signed' },
      'warn',
      /10\.0\.0\.1:11211 .* not signed.*the same secret/,
    ],
    ['tombstone-dropped', { node: NODE, dropped: 1 }, 'warn', /wait for node 10\.0\.0\.1.*Replace the node/],
    ['topology', { nodes: [OTHER], added: [OTHER], removed: [NODE] }, 'error', /another cluster.*Compare "servers"/],
    ['handover', { phase: 'interrupted', error: new Error('busy') }, 'warn', /not be finished: busy.*do not stop them/],
  ])('has one line for %s, however often it is told', (name, message, level, line) => {
    const { entries } = clusterLog();
    for (let time = 0; time < 100; time += 1) tell(name, message);
    expect(entries).toEqual([{ level, message: expect.stringMatching(line) }]);
    expect(entries[0]?.message).not.toContain('\n');
  });

  it('logs the end of an interrupted handover, but not of others', () => {
    const { entries } = clusterLog();
    tell('handover', { phase: 'done' });
    expect(entries).toEqual([]);
    tell('handover', { phase: 'interrupted', error: undefined });
    tell('handover', { phase: 'done' });
    expect(entries.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('leaves nodes of another cluster in the same process to its own log', () => {
    const { entries } = clusterLog();
    const theirs = '192.0.2.1:11211';
    tell('node', { node: theirs, from: 'suspect', to: 'down', cause: new Error('reset') });
    tell('history-refused', { node: theirs, detail: 'not signed' });
    tell('tombstone-dropped', { node: theirs, dropped: 1 });
    tell('views-disagree', { nodes: [theirs], otherNodes: [] });
    tell('topology', { nodes: ['192.0.2.2:11211'], added: ['192.0.2.2:11211'], removed: [theirs] });
    expect(entries).toEqual([]);
  });

  it('tells nothing of a list that grows or shrinks', () => {
    const { entries } = clusterLog();
    tell('topology', { nodes: [NODE], added: [NODE], removed: [] });
    tell('topology', { nodes: [NODE, OTHER], added: [OTHER], removed: [] });
    tell('topology', { nodes: [OTHER], added: [], removed: [NODE] });
    expect(entries).toEqual([]);
  });
});
