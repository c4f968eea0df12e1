/** `sess status`: the state of the cluster, on one screen. */
import type { Handover } from '@sess/client';

import { observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import { nodeReports, type NodeFigures, type NodeReport } from '../cluster/node-report.ts';
import { SETTINGS_DIFFER, secretUnknown } from '../cluster/observe-to-change.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { guardLines, guardSeen } from '../elasticache/guard/guard-seen.ts';
import type { GuardReport } from '../elasticache/guard/guard-report.ts';
import { DONE, NO } from '../exit-codes.ts';
import { bytes, count, duration, percent, plural } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import { table, type Column } from '../output/table.ts';
import type { CommandContext } from './command-context.ts';

export interface ClusterStatus {
  /** Version of the list, if discovery has one. */
  readonly version: number | undefined;
  readonly copies: number;
  /** Fingerprint of the ring that follows from this command's settings: equal for clients that place sessions alike. */
  readonly ring: string | undefined;
  readonly nodes: readonly NodeReport[];
  readonly handovers: readonly Handover[];
  /** Clients use the same nodes, but place sessions differently than this command's settings say. */
  readonly settingsDiffer: boolean;
  /** What to check if the nodes are in use, but by no client with this command's secret. */
  readonly secretUnknown: string | undefined;
  /** The last report of the active `sess elasticache guard`; `undefined` if there is none. */
  readonly guard: GuardReport | undefined;
}

export async function status({ output, settings }: CommandContext): Promise<number> {
  const asked = settings();
  const observed = await observe(asked);
  try {
    const now = await clusterStatus(observed, asked);
    output.data(now, () => statusText(now, output));
    return now.nodes.some(({ health }) => health === 'down') ? NO : DONE;
  } finally {
    await observed.close();
  }
}

export async function clusterStatus(observed: ObservedCluster, settings: ClusterSettings): Promise<ClusterStatus> {
  const { client, copies, disagreement } = observed;
  const nodes = await nodeReports(observed, settings);
  return {
    version: client.topology.version,
    copies,
    ring: client.topology.ring?.fingerprint,
    nodes,
    handovers: client.handovers,
    settingsDiffer: disagreement !== undefined,
    secretUnknown: secretUnknown(observed, nodes),
    guard: await guardSeen(observed),
  };
}

export function statusText(shown: ClusterStatus, output: Output): string {
  const { version, copies, ring, nodes, handovers } = shown;
  const down = nodes.filter(({ health }) => health === 'down');
  const list = version === undefined ? '' : `, version ${version} of the list`;
  return [
    `${plural(nodes.length, 'node')}${list}, ${copies === 1 ? '1 copy' : `${copies} copies`} of each session${ring === undefined ? '' : `, ring ${ring}`}`,
    ...together(nodes),
    '',
    table(columns(nodes, output), nodes, output.width),
    ...(shown.settingsDiffer ? ['', SETTINGS_DIFFER] : []),
    ...(shown.secretUnknown === undefined ? [] : ['', shown.secretUnknown]),
    ...(handovers.length === 0 ? ['', 'No handover is open.'] : ['', ...handovers.map(handoverText)]),
    ...prefixed(guardLines(shown.guard, output)),
    ...down.map(({ id, error }) => `\n${output.paint('red', `${id} is down:`)} ${error ?? 'it does not answer'}`),
  ].join('\n');
}

/** Puts an empty line before the lines, if there are any. */
function prefixed(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What all nodes share, and sums over the nodes. */
function together(nodes: readonly NodeReport[]): readonly string[] {
  const told = nodes.flatMap(({ figures }) => figures ?? []);
  if (told.length === 0) return [];
  const sum = (of: (figures: NodeFigures) => number): number => told.reduce((total, node) => total + of(node), 0);
  const memory = `${bytes(sum((node) => node.bytes))} of ${bytes(sum((node) => node.limitBytes))} used`;
  const versions = versionsOf(nodes);
  return [versions.length === 1 ? `memcached ${versions[0]}, ${memory}` : memory];
}

function versionsOf(nodes: readonly NodeReport[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ figures }) => figures?.version ?? []))];
}

function zoneOf({ zone }: NodeReport): string {
  return zone ?? '–';
}

/** The cell of a figure; empty if the node does not report it. */
function figure(text: (figures: NodeFigures) => string): (node: NodeReport) => string {
  return ({ figures }) => (figures === undefined ? '' : text(figures));
}

function columns(nodes: readonly NodeReport[], output: Output): readonly Column<NodeReport>[] {
  return [
    { title: 'node', cell: ({ id }) => id },
    { title: 'state', cell: (node) => stateText(node, output) },
    ...(nodes.some(({ zone }) => zone !== undefined) ? [{ title: 'zone', cell: zoneOf }] : []),
    { title: 'share', align: 'right', cell: ({ share }) => (share === undefined ? '' : percent(share)) },
    { title: 'items', align: 'right', cell: figure(({ items }) => count(items)) },
    {
      title: 'memory',
      align: 'right',
      cell: figure(({ bytes: used, limitBytes }) => percent(used / Math.max(1, limitBytes))),
    },
    { title: 'evicted', align: 'right', cell: figure(({ evictions }) => count(evictions)) },
    {
      title: 'conns',
      align: 'right',
      cell: figure(({ connections, maxConnections }) => `${count(connections)}/${count(maxConnections)}`),
    },
    { title: 'up for', align: 'right', cell: figure(({ uptimeSeconds }) => duration(uptimeSeconds)) },
    // A value that all nodes share is shown above the table.
    ...(versionsOf(nodes).length > 1 ? [{ title: 'version', cell: figure(({ version }) => version) }] : []),
  ];
}

function stateText({ health, drain, isListed }: NodeReport, output: Output): string {
  const state = output.paint(health === 'down' ? 'red' : 'green', health);
  return [state, ...(drain === undefined ? [] : [drain]), ...(isListed ? [] : ['off the list'])].join(', ');
}

function handoverText({ nodes, copies, phase, since, agreedAt, until: end }: Handover): string {
  const how = copies === 1 ? '1 copy' : `${copies} copies`;
  const when =
    phase === 'overlap'
      ? `somebody may still act on them for ${timeUntil(agreedAt)}`
      : phase === 'closing'
        ? 'what is left on them is being brought to where it belongs'
        : `they are asked for what is nowhere else, for ${timeUntil(end)} at the most`;
  return `Open ${phase} from ${nodes.join(', ')} (${how}), last confirmed ${duration((Date.now() - since) / 1_000)} ago: ${when}.`;
}

function timeUntil(moment: number): string {
  return duration((moment - Date.now()) / 1_000);
}
