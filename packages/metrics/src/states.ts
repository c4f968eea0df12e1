/** Reads states from every open client of the process, which answer synchronously. */
import { createHash } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';

import type { ClientFigures, CollectMessage, NodeCounts, NodeFigures, NodeState } from '@sess/client';

import type { Attributes, Reading } from './sink.ts';

const collect = channel('sess:client:collect');

/** From best to worst: if two clients of a node differ, the worse state counts. */
const STATES: readonly NodeState[] = ['up', 'unknown', 'suspect', 'down'];
const PHASES = ['overlap', 'handover', 'closing'] as const;

export async function readStates(): Promise<readonly Reading[]> {
  const clients: ClientFigures[] = [];
  collect.publish({ add: (client) => void clients.push(client) } satisfies CollectMessage);
  const nodes = mergeNodes(clients);
  const counts = await Promise.all(clients.map((client) => client.counters().catch(() => NONE)));
  return [
    ...nodes.flatMap(nodeReadings),
    ...nodes.flatMap((node) => counterReadings(node, counts.find((of) => of.has(node.id))?.get(node.id))),
    ...handoverReadings(clients),
    { name: 'sess.hints.waiting', attributes: {}, value: sum(clients.map(({ hints }) => hints)) },
    ...ringReading(clients),
  ];
}

const NONE: ReadonlyMap<string, NodeCounts> = new Map();

interface MergedNode extends NodeFigures {
  readonly connections: number;
}

/** One process may have several clients of one node. */
function mergeNodes(clients: readonly ClientFigures[]): readonly MergedNode[] {
  const merged = new Map<string, MergedNode>();
  for (const node of clients.flatMap(({ nodes }) => nodes)) {
    const known = merged.get(node.id);
    const connections = (known?.connections ?? 0) + (node.state === 'up' ? 1 : 0);
    const state = STATES[Math.max(STATES.indexOf(node.state), STATES.indexOf(known?.state ?? 'up'))] ?? node.state;
    merged.set(node.id, {
      ...node,
      state,
      connections,
      drain: node.drain ?? known?.drain,
      pending: node.pending + (known?.pending ?? 0),
    });
  }
  return [...merged.values()];
}

function serverAttributes({ serverAddress, serverPort }: NodeFigures): Attributes {
  return { 'server.address': serverAddress, ...(serverPort !== undefined && { 'server.port': serverPort }) };
}

function nodeReadings(node: MergedNode): readonly Reading[] {
  const server = serverAttributes(node);
  const pool = { 'db.client.connection.pool.name': node.id };
  return [
    ...STATES.map((state): Reading => ({
      name: 'sess.node.state',
      attributes: { ...server, 'sess.node.state': state },
      value: state === node.state ? 1 : 0,
    })),
    ...(node.drain === undefined
      ? []
      : [{ name: 'sess.node.draining', attributes: { ...server, 'sess.drain.phase': node.drain }, value: 1 } as const]),
    {
      name: 'db.client.connection.count',
      attributes: { ...pool, 'db.client.connection.state': 'used' },
      value: node.connections,
    },
    { name: 'db.client.connection.pending_requests', attributes: pool, value: node.pending },
  ];
}

function counterReadings(node: NodeFigures, counts: NodeCounts | undefined): readonly Reading[] {
  if (counts === undefined) return [];
  const attributes = serverAttributes(node);
  return [
    { name: 'sess.node.memory.used', attributes, value: counts.bytes },
    { name: 'sess.node.memory.limit', attributes, value: counts.limitBytes },
    { name: 'sess.node.items', attributes, value: counts.items },
    { name: 'sess.node.connections', attributes, value: counts.connections },
    { name: 'sess.node.evictions', attributes, value: counts.evictions },
  ];
}

/** Clients of one cluster see the same handovers: the largest count is reported. */
function handoverReadings(clients: readonly ClientFigures[]): readonly Reading[] {
  const now = Date.now();
  const open = PHASES.map((phase): Reading => {
    const counts = clients.map(({ handovers }) => handovers.filter((one) => one.phase === phase).length);
    return {
      name: 'sess.handover.open',
      attributes: { 'sess.handover.phase': phase },
      value: Math.max(0, ...counts),
    };
  });
  const ages = clients.flatMap(({ handovers }) => handovers.map(({ since }) => Math.max(0, now - since)));
  return [...open, { name: 'sess.handover.age', attributes: {}, value: Math.max(0, ...ages) / 1_000 }];
}

/**
 * The fingerprint as a number, so that sinks without labels can compare: in a fleet that agrees, minimum and maximum
 * are equal.
 */
function ringReading(clients: readonly ClientFigures[]): readonly Reading[] {
  const rings = [...new Set(clients.flatMap(({ ring }) => ring ?? []))].toSorted();
  const [only] = rings;
  if (only === undefined) return [];
  const all = rings.length === 1 ? only : createHash('sha256').update(rings.join()).digest('hex').slice(0, 12);
  return [{ name: 'sess.ring.fingerprint', attributes: {}, value: Number.parseInt(all, 16) }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
