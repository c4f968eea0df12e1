/**
 * Derives why a key is missing. A pure function of the evidence, so that each rule can be tested alone.
 *
 * The content of a node is certain. Its losses are derived from what happened to it since the session was last seen;
 * without that time the causes are vaguer, but never wrong.
 */
import type { MissKnowledge, MissReport, Certainty } from '../contract.ts';
import type { NodeCounters } from '../node/node-counters.ts';

/** A node's answer to another read. */
export type Found = 'record' | 'tombstone' | 'foreign' | 'nothing' | 'silent';

/** Where a view places the key, and when clients acted on that view. */
export interface Placement {
  readonly owners: readonly string[];
  /** When clients first acted on the view, milliseconds since 1970. */
  readonly since: number;
  /** From then on no client acts on the view, milliseconds since 1970. */
  readonly actedOnUntil: number;
  /** Nodes that left the list with all they held. */
  readonly lost: ReadonlySet<string>;
}

export interface MissEvidence extends MissKnowledge {
  readonly now: number;
  /** When this client started, milliseconds since 1970. */
  readonly startedAt: number;
  /** Answers by node id, of all nodes that may hold the key and are asked. */
  readonly found: ReadonlyMap<string, Found>;
  /** One per open view, the current one first; then one per forgotten view in which all owners of the key were lost. */
  readonly placements: readonly [Placement, ...Placement[]];
  /** Drained nodes: everything they held is on others. */
  readonly emptied: ReadonlySet<string>;
  /** Counters by node id, of the nodes that report them; since `seenAt` if there is an earlier reading. */
  readonly counters: ReadonlyMap<string, NodeCounters>;
}

type Fate = 'lost' | 'restarted' | 'emptied' | 'intact' | 'unknown';

/** memcached counts whole seconds: an item of n seconds expires after n - 1 to n. */
const SECOND_MS = 1_000;
/** A client that finds no view when it starts opens the first one within this time. */
const START_MS = 5_000;

export function causeOfMiss(evidence: MissEvidence): MissReport {
  const { found, seenAt } = evidence;
  const holding = (what: Found): string | undefined => [...found].find(([, held]) => held === what)?.[0];
  const [tombstone, foreign] = [holding('tombstone'), holding('foreign')];
  if (tombstone !== undefined) return report('destroyed', 'certain', tombstone);
  // It was written since, or another read repaired it.
  if (holding('record') !== undefined) return report('unknown', 'possible');
  if (foreign !== undefined) return report('foreign', 'certain', foreign);
  return seenAt === undefined ? withoutSighting(evidence) : sinceSighting(evidence, seenAt);
}

/** The cause if the key was in the cluster at `seenAt`. */
function sinceSighting(evidence: MissEvidence, seenAt: number): MissReport {
  const { now, endsAt, placements } = evidence;
  const mayHaveExpired = endsAt === undefined || now >= endsAt - SECOND_MS;
  // Views that no client acted on any more at `seenAt` do not matter.
  const relevant = placements.filter(({ actedOnUntil }, index) => index === 0 || actedOnUntil >= seenAt);
  // The owners at that time come first: the fate of later owners matters only if the session was copied to them.
  const byTime = relevant.toSorted((one, other) => Number(one.since > seenAt) - Number(other.since > seenAt));
  const losses = byTime.flatMap((placement) => lossIn(evidence, placement, seenAt) ?? []);
  const [first] = losses;
  if (first !== undefined) {
    // It may have been copied to remaining owners before those were lost.
    const certainty = mayHaveExpired ? 'possible' : losses.length === relevant.length ? 'certain' : 'likely';
    return report(first.cause, certainty, first.node);
  }
  const owners = [...new Set(relevant.flatMap((placement) => placement.owners))];
  const cause = removalOn(evidence, owners);
  if (mayHaveExpired) return report('expired', cause === undefined && endsAt !== undefined ? 'certain' : 'likely');
  if (cause === undefined || isAnyFateUnknown(evidence, relevant, seenAt)) return report('unknown', 'possible');
  return cause;
}

/** The cause if this process never saw the key, or started since. */
function withoutSighting(evidence: MissEvidence): MissReport {
  const { now, ttlSeconds, placements, startedAt } = evidence;
  if (ttlSeconds === undefined) return report('unknown', 'possible');
  // The key may have existed since then.
  const earliest = now - ttlSeconds * 1_000;
  const losses = placements.flatMap((placement) => lossIn(evidence, placement, earliest) ?? []);
  // A restarted node may have restarted before the session was written; a node that is gone lost all it held.
  const loss = losses.find(({ cause }) => cause === 'node-lost') ?? losses[0];
  if (loss !== undefined) return report(loss.cause, 'possible', loss.node);
  const owners = [...new Set(placements.flatMap((placement) => placement.owners))];
  if (isAnyFateUnknown(evidence, placements, earliest)) return report('unknown', 'possible');
  const removal = removalOn(evidence, owners);
  if (removal !== undefined) return report(removal.cause, 'possible', removal.node);
  // No client used this cluster before: an older session was in another one.
  const first = Math.min(...placements.map(({ since }) => since));
  if (first > earliest && Math.abs(first - startedAt) <= START_MS) return report('other-cluster', 'possible');
  return report('expired', 'likely');
}

function fate({ emptied, counters }: MissEvidence, { lost }: Placement, id: string, since: number): Fate {
  if (emptied.has(id)) return 'emptied';
  if (lost.has(id)) return 'lost';
  const known = counters.get(id);
  if (known === undefined) return 'unknown';
  return known.startedAt > since ? 'restarted' : 'intact';
}

/** The loss of the key, if none of its owners kept their items. */
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

function isAnyFateUnknown(evidence: MissEvidence, placements: readonly Placement[], since: number): boolean {
  return placements.some((placement) =>
    placement.owners.some((id) => fate(evidence, placement, id, since) === 'unknown'),
  );
}

/**
 * Evictions or flushes on the remaining nodes. Counters show that they happened, but not to which key, and without an
 * earlier reading not when.
 */
function removalOn({ counters }: MissEvidence, owners: readonly string[]): MissReport | undefined {
  const evicting = owners.find((id) => (counters.get(id)?.evictions ?? 0) > 0);
  const flushed = owners.find((id) => (counters.get(id)?.flushes ?? 0) > 0);
  const node = flushed ?? evicting;
  if (node === undefined) return undefined;
  const isAlone = flushed === undefined || evicting === undefined;
  const certainty = isAlone && counters.get(node)?.isSince === true ? 'likely' : 'possible';
  return report(flushed === undefined ? 'evicted' : 'flushed', certainty, node);
}

function report(cause: MissReport['cause'], certainty: Certainty, node?: string): MissReport {
  return { cause, certainty, ...(node !== undefined && { node }) };
}
