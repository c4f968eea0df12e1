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
}

export interface MissEvidence extends MissKnowledge {
  readonly now: number;
  /** Since when this client knows the cluster, milliseconds since 1970. */
  readonly startedAt: number;
  /** By node id, of all that could hold the key and are asked. */
  readonly found: ReadonlyMap<string, Found>;
  /** Of all open views, the current one first. */
  readonly placements: readonly [Placement, ...Placement[]];
  /** Nodes that left the list and do not answer. */
  readonly gone: ReadonlySet<string>;
  /** By node id, of those that tell: since `seenAt`, as far as they were asked before it. */
  readonly counters: ReadonlyMap<string, NodeCounters>;
}

type Fate = 'gone' | 'restarted' | 'intact' | 'untold';

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
  const fateOf = (id: string): Fate => fate(evidence, id, seenAt);
  // Where it may have been since: views that nobody acted on any more by then do not matter.
  const relevant = placements.filter(({ actedOnUntil }, index) => index === 0 || actedOnUntil >= seenAt);
  const lost = relevant.filter(({ owners }) => owners.every((id) => isLoss(fateOf(id))));
  const [first] = lost;
  if (first !== undefined) {
    const node = first.owners.find((id) => fateOf(id) === 'gone') ?? first.owners[0];
    // It may have been brought to owners that stayed, before those were lost.
    const sureness = mayHaveExpired ? 'possible' : lost.length === relevant.length ? 'certain' : 'likely';
    return report(lossOf(first, fateOf), sureness, node);
  }
  const owners = [...new Set(relevant.flatMap((placement) => placement.owners))];
  const cause = removalOn(evidence, owners);
  if (mayHaveExpired) return report('expired', cause === undefined && endsAt !== undefined ? 'certain' : 'likely');
  if (cause === undefined || owners.some((id) => fateOf(id) === 'untold')) return report('unknown', 'possible');
  return cause;
}

/** Nobody here knows when it was last there: a process that started since, or that never had it. */
function withoutSighting(evidence: MissEvidence): MissReport {
  const { now, ttlSeconds, placements, startedAt } = evidence;
  if (ttlSeconds === undefined) return report('unknown', 'possible');
  // What lives that long may have been there then.
  const earliest = now - ttlSeconds * 1_000;
  const fateOf = (id: string): Fate => fate(evidence, id, earliest);
  const lost = placements.find(({ owners }) => owners.every((id) => isLoss(fateOf(id))));
  if (lost !== undefined) return report(lossOf(lost, fateOf), 'possible', lost.owners[0]);
  const owners = [...new Set(placements.flatMap((placement) => placement.owners))];
  if (owners.some((id) => fateOf(id) === 'untold')) return report('unknown', 'possible');
  const removal = removalOn(evidence, owners);
  if (removal !== undefined) return report(removal.cause, 'possible', removal.node);
  // Nobody acted on this cluster before this client did: what was signed earlier was kept elsewhere.
  const first = Math.min(...placements.map(({ since }) => since));
  if (first > earliest && Math.abs(first - startedAt) <= START_MS) return report('other-cluster', 'possible');
  return report('expired', 'likely');
}

function fate({ gone, counters }: MissEvidence, id: string, since: number): Fate {
  if (gone.has(id)) return 'gone';
  const told = counters.get(id);
  if (told === undefined) return 'untold';
  return told.startedAt > since ? 'restarted' : 'intact';
}

function isLoss(of: Fate): boolean {
  return of === 'gone' || of === 'restarted';
}

function lossOf({ owners }: Placement, fateOf: (id: string) => Fate): 'node-lost' | 'node-restarted' {
  return owners.some((id) => fateOf(id) === 'gone') ? 'node-lost' : 'node-restarted';
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
