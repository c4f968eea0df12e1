/**
 * Why a key is nowhere, by what can still be found out about it. A pure function of the evidence, so that each rule can
 * be tested alone.
 *
 * What a node holds is certain. What a node lost is judged by what became of the node since the session was last known
 * to be there: without that time the causes get vaguer, and never wronger.
 */
import type { MissKnowledge, MissReport, Sureness } from '../contract.ts';
import type { NodeCounters } from '../node/node-counters.ts';

/** What a node answered when it was asked once more. */
export type Found = 'record' | 'tombstone' | 'foreign' | 'nothing' | 'silent';

/** Where a view places the key, and when clients acted on that view. */
export interface Placement {
  readonly owners: readonly string[];
  /** When it was first acted on, milliseconds since 1970. */
  readonly since: number;
  /** From when on it is agreed that no client acts on it, milliseconds since 1970. */
  readonly actedOnUntil: number;
  /** Nodes that left the list, and took along what they held. */
  readonly lost: ReadonlySet<string>;
}

export interface MissEvidence extends MissKnowledge {
  readonly now: number;
  /** Since when this client knows the cluster, milliseconds since 1970. */
  readonly startedAt: number;
  /** By node id, of all that could hold the key and are asked. */
  readonly found: ReadonlyMap<string, Found>;
  /** Of all open views, the current one first; then of views that were forgotten though all owners of the key were lost. */
  readonly placements: readonly [Placement, ...Placement[]];
  /** Nodes that were drained: all that they held is elsewhere. */
  readonly emptied: ReadonlySet<string>;
  /** By node id, of those that tell: since `seenAt`, as far as they were asked before it. */
  readonly counters: ReadonlyMap<string, NodeCounters>;
}

type Fate = 'lost' | 'restarted' | 'emptied' | 'intact' | 'untold';

/** memcached counts whole seconds: what has n of them ends after n - 1 to n. */
const SECOND_MS = 1_000;
/** A client that found no earlier view when it started opened the first one itself, within so long. */
const START_MS = 5_000;

export function causeOfMiss(evidence: MissEvidence): MissReport {
  const { found, seenAt } = evidence;
  const holding = (what: Found): string | undefined => [...found].find(([, held]) => held === what)?.[0];
  const [tombstone, foreign] = [holding('tombstone'), holding('foreign')];
  if (tombstone !== undefined) return report('destroyed', 'certain', tombstone);
  // It was written since, or brought back by another read.
  if (holding('record') !== undefined) return report('unknown', 'possible');
  if (foreign !== undefined) return report('foreign', 'certain', foreign);
  return seenAt === undefined ? withoutSighting(evidence) : sinceSighting(evidence, seenAt);
}

/** It was in the cluster at `seenAt`. */
function sinceSighting(evidence: MissEvidence, seenAt: number): MissReport {
  const { now, endsAt, placements } = evidence;
  const mayHaveExpired = endsAt === undefined || now >= endsAt - SECOND_MS;
  // Where it may have been since: views that nobody acted on any more by then do not matter.
  const relevant = placements.filter(({ actedOnUntil }, index) => index === 0 || actedOnUntil >= seenAt);
  const losses = relevant.flatMap((placement) => lossIn(evidence, placement, seenAt) ?? []);
  const [first] = losses;
  if (first !== undefined) {
    // It may have been brought to owners that stayed, before those were lost.
    const sureness = mayHaveExpired ? 'possible' : losses.length === relevant.length ? 'certain' : 'likely';
    return report(first.cause, sureness, first.node);
  }
  const owners = [...new Set(relevant.flatMap((placement) => placement.owners))];
  const cause = removalOn(evidence, owners);
  if (mayHaveExpired) return report('expired', cause === undefined && endsAt !== undefined ? 'certain' : 'likely');
  if (cause === undefined || isAnyUntold(evidence, relevant, seenAt)) return report('unknown', 'possible');
  return cause;
}

/** Nobody here knows when it was last there: a process that started since, or that never had it. */
function withoutSighting(evidence: MissEvidence): MissReport {
  const { now, ttlSeconds, placements, startedAt } = evidence;
  if (ttlSeconds === undefined) return report('unknown', 'possible');
  // What lives that long may have been there then.
  const earliest = now - ttlSeconds * 1_000;
  const losses = placements.flatMap((placement) => lossIn(evidence, placement, earliest) ?? []);
  // A node that is young may have been so before the session came; one that is gone took along what it held.
  const loss = losses.find(({ cause }) => cause === 'node-lost') ?? losses[0];
  if (loss !== undefined) return report(loss.cause, 'possible', loss.node);
  const owners = [...new Set(placements.flatMap((placement) => placement.owners))];
  if (isAnyUntold(evidence, placements, earliest)) return report('unknown', 'possible');
  const removal = removalOn(evidence, owners);
  if (removal !== undefined) return report(removal.cause, 'possible', removal.node);
  // Nobody acted on this cluster before this client did: what was signed earlier was kept elsewhere.
  const first = Math.min(...placements.map(({ since }) => since));
  if (first > earliest && Math.abs(first - startedAt) <= START_MS) return report('other-cluster', 'possible');
  return report('expired', 'likely');
}

function fate({ emptied, counters }: MissEvidence, { lost }: Placement, id: string, since: number): Fate {
  if (emptied.has(id)) return 'emptied';
  if (lost.has(id)) return 'lost';
  const told = counters.get(id);
  if (told === undefined) return 'untold';
  return told.startedAt > since ? 'restarted' : 'intact';
}

/** What became of the owners, if none of them kept what it held. */
function lossIn(
  evidence: MissEvidence,
  placement: Placement,
  since: number,
): { readonly cause: 'node-lost' | 'node-restarted'; readonly node: string | undefined } | undefined {
  const { owners } = placement;
  const fates = owners.map((id) => fate(evidence, placement, id, since));
  if (!fates.every((each) => each === 'lost' || each === 'restarted')) return undefined;
  const lost = owners[fates.indexOf('lost')];
  return lost === undefined ? { cause: 'node-restarted', node: owners[0] } : { cause: 'node-lost', node: lost };
}

function isAnyUntold(evidence: MissEvidence, placements: readonly Placement[], since: number): boolean {
  return placements.some((placement) =>
    placement.owners.some((id) => fate(evidence, placement, id, since) === 'untold'),
  );
}

/**
 * What took items from nodes that stayed: their counters tell that it happened, not to which key, and where the node
 * was not asked before, not when.
 */
function removalOn({ counters }: MissEvidence, owners: readonly string[]): MissReport | undefined {
  const evicting = owners.find((id) => (counters.get(id)?.evictions ?? 0) > 0);
  const flushed = owners.find((id) => (counters.get(id)?.flushes ?? 0) > 0);
  const node = flushed ?? evicting;
  if (node === undefined) return undefined;
  const isAlone = flushed === undefined || evicting === undefined;
  const sureness = isAlone && counters.get(node)?.isSince === true ? 'likely' : 'possible';
  return report(flushed === undefined ? 'evicted' : 'flushed', sureness, node);
}

function report(cause: MissReport['cause'], sureness: Sureness, node?: string): MissReport {
  return { cause, sureness, ...(node !== undefined && { node }) };
}
