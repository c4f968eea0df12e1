/**
 * Two rings in one fleet: application servers that place sessions differently. Every process says in the history, once
 * an interval, on which ring it acts; so whoever reads it for that long knows all that are in use, and asks no process.
 */
import { setTimeout as wait } from 'node:timers/promises';

import type { Ring } from '@sess/client';

import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { duration, plural } from '../output/format.ts';
import { finding, type Finding } from './finding.ts';

/** How long a change of the nodes, or a rolling deploy, may take. */
const CHANGE_MS = 300_000;
/** For rings of which nobody says anything any more: longer than clients take to agree, by default. */
const PATIENCE_MS = 45_000;
const POLL_MS = 50;
/** On a machine that is busy, who acts on a ring may say so late. */
const LATE_MS = 2_000;
/** More nodes are counted. */
const MOST_NAMED = 4;

/** A ring that some client acts on. */
export interface RingInUse {
  readonly ring: Ring;
  readonly copies: number;
  /** Whether it is the one that this command acts on, by what it was told. */
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

/** Those that are said again while somebody listens; at once where there can be only one. */
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

/** Those of which a client said so not long ago. */
function mayBeInUse({ client, copies }: ObservedCluster): readonly RingInUse[] {
  const now = Date.now();
  const overlaps = client.handovers.filter(({ agreedAt }) => now < agreedAt + LATE_MS);
  const others = overlaps.map(({ ring, copies: theirs }) => ({ ring, copies: theirs, isOurs: false }));
  const { ring } = client.topology;
  // For as long as the others are believed.
  const believedMs = Math.max(0, ...overlaps.map(({ since, agreedAt }) => agreedAt - since));
  if (ring?.confirmedAt === undefined || now > ring.confirmedAt + believedMs + LATE_MS) return others;
  return [...others, { ring, copies, isOurs: true }];
}

/** What is wrong about `inUse`, at `now` in milliseconds since 1970. */
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

/** As the metric shows it, so that it can be searched for. */
function nameOf({ ring: { fingerprint } }: RingInUse): string {
  return `${fingerprint}, as a metric ${Number.parseInt(fingerprint, 16)}`;
}

/** In what `other` is not as `base`. */
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

/** All application servers act on one ring, and this command was told another. */
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
