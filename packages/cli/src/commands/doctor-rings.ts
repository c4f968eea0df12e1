/**
 * Detects application servers that place sessions differently. Each process confirms its ring in the history once per
 * interval, so reading the history for an interval shows all rings in use without asking a process.
 */
import { setTimeout as wait } from 'node:timers/promises';

import type { Ring } from '@sess/client';

import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { duration, plural } from '../output/format.ts';
import { finding, type Finding } from './finding.ts';

/** Longest duration of a change of nodes, or of a rolling deploy. */
const CHANGE_MS = 300_000;
/** A ring without a confirmation for this time is not in use: longer than clients take to agree by default. */
const PATIENCE_MS = 45_000;
const POLL_MS = 50;
/** A busy process may confirm its ring late. */
const LATE_MS = 2_000;
/** Above this, nodes are counted, not named. */
const MOST_NAMED = 4;

/** A ring that some client acts on. */
export interface RingInUse {
  readonly ring: Ring;
  readonly copies: number;
  /** Whether it is the ring that follows from this command's settings. */
  readonly isOurs: boolean;
}

export async function examineRings(
  observed: ObservedCluster,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<readonly Finding[]> {
  const inUse = await ringsInUse(observed, signal, say);
  return ringFindings(inUse, observed, Date.now());
}

/** Resolves to the rings that are confirmed again while it listens; at once if there can be only one. */
async function ringsInUse(
  observed: ObservedCluster,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<readonly RingInUse[]> {
  const before = new Map(mayBeInUse(observed).map(({ ring }) => [ring.fingerprint, ring.confirmedAt]));
  if (before.size === 0) return [];
  const startedAt = performance.now();
  const found = new Map<string, RingInUse>();
  while (performance.now() - startedAt < PATIENCE_MS && !signal.aborted) {
    const all = mayBeInUse(observed);
    for (const one of all) {
      const { fingerprint, confirmedAt = 0 } = one.ring;
      if (confirmedAt > (before.get(fingerprint) ?? confirmedAt)) found.set(fingerprint, one);
      else before.set(fingerprint, confirmedAt);
    }
    if (all.every(({ ring }) => found.has(ring.fingerprint))) break;
    if (performance.now() - startedAt > LATE_MS)
      say('two rings may be in use: waiting until somebody says so again, or nobody does');
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return [...found.values()];
}

/** The rings that a client confirmed recently. */
function mayBeInUse({ client, copies }: ObservedCluster): readonly RingInUse[] {
  const now = Date.now();
  const overlaps = client.handovers.filter(({ agreedAt }) => now < agreedAt + LATE_MS);
  const others = overlaps.map(({ ring, copies: theirs }) => ({ ring, copies: theirs, isOurs: false }));
  const { ring } = client.topology;
  // Our own ring counts as in use for the same time as the other rings.
  const believedMs = Math.max(0, ...overlaps.map(({ since, agreedAt }) => agreedAt - since));
  if (ring?.confirmedAt === undefined || now > ring.confirmedAt + believedMs + LATE_MS) return others;
  return [...others, { ring, copies, isOurs: true }];
}

/** The findings about the rings in use. `now` is milliseconds since 1970. */
export function ringFindings(
  inUse: readonly RingInUse[],
  { client, copies }: Pick<ObservedCluster, 'client' | 'copies'>,
  now: number,
): readonly Finding[] {
  const [first, second] = inUse.toSorted((one, other) => one.ring.since - other.ring.since);
  if (first === undefined) return [];
  if (second !== undefined) return [severalRings(inUse, second.ring.since, now)];
  return first.isOurs ? [] : [ours(first, client.topology.rotation, copies)];
}

function severalRings(inUse: readonly RingInUse[], since: number, now: number): Finding {
  const lastsMs = Math.max(0, now - since);
  const [base, ...others] = inUse.toSorted((one, other) => Number(other.isOurs) - Number(one.isOurs));
  const named = [
    ...(base === undefined ? [] : [`${nameOf(base)} (${plural(base.ring.nodes.length, 'node')})`]),
    ...others.map((other) => `${nameOf(other)} (${base === undefined ? '' : differenceOf(base, other)})`),
  ];
  return finding(lastsMs > CHANGE_MS ? 'error' : 'warning', 'fingerprints', 'cluster', [
    `application servers act on ${inUse.length} rings: ${named.join('; ')}`,
    `a change of the nodes or a deploy began ${duration(lastsMs / 1_000)} ago and is not over, or one of them has other settings or reaches other nodes`,
    'if that lasts more than 5 minutes, find the processes by these values of the metric sess.ring.fingerprint; finish the deploy, or compare their servers, copies and distribution (docs: Runbooks, “Nodes disagree”)',
  ]);
}

/** The fingerprint, also in the metric's form: people search for it. */
function nameOf({ ring: { fingerprint } }: RingInUse): string {
  return `${fingerprint}, as a metric ${Number.parseInt(fingerprint, 16)}`;
}

/** The differences between `other` and `base`. */
function differenceOf(base: RingInUse, other: RingInUse): string {
  const [ids, theirs] = [base, other].map(({ ring }) => ring.nodes.map(({ id }) => id)) as [string[], string[]];
  const differences = [
    listed(
      'without',
      ids.filter((id) => !theirs.includes(id)),
    ),
    listed(
      'with',
      theirs.filter((id) => !ids.includes(id)),
    ),
    base.copies === other.copies ? '' : `copies: ${other.copies} instead of ${base.copies}`,
  ].filter((text) => text !== '');
  return differences.length === 0 ? 'the same nodes with other weights, zones or distribution' : differences.join(', ');
}

function listed(word: string, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  return `${word} ${ids.length > MOST_NAMED ? `${ids.length} nodes` : ids.join(', ')}`;
}

/** All application servers act on one ring, and this command's settings lead to another. */
function ours({ ring, copies: theirs }: RingInUse, rotation: readonly string[], copies: number): Finding {
  const isSameNodes = ring.nodes.length === rotation.length && ring.nodes.every(({ id }) => rotation.includes(id));
  if (isSameNodes)
    return finding('error', 'settings', 'cluster', [
      `clients act on the same nodes with ${theirs === copies ? 'other weights, zones or another distribution' : `copies: ${theirs}`}`,
      `this command was told ${copies === 1 ? '1 copy' : `${copies} copies`}, and no application server acts so`,
      'give `copies`, `zones` and `distribution` as the application servers have them',
    ]);
  return finding('warning', 'list', 'cluster', [
    `the application servers act on other nodes than this list: ${ring.nodes.map(({ id }) => id).join(', ')}`,
    'the list changed a moment ago, this machine reads another one, or it does not reach the nodes that they reach',
    'ask again in a minute; if it is still so, compare this list with the option servers there',
  ]);
}
