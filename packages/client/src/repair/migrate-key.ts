/** Copies the newest record of one key to all its owners. */
import { refusedValue, SessClientError } from '../errors.ts';
import { readTargets, type Route } from '../membership/route.ts';
import { migrate } from './migrate.ts';
import type { Cluster } from '../cluster.ts';
import { failureIn, holds, isCovered, askByRoute, newestOf, outOfReach, type Reply } from '../operations/replies.ts';
import { Reservation } from '../operations/reservation.ts';
import { readRepair } from './read-repair.ts';

export interface ListingCluster extends Cluster {
  /** Milliseconds until every client acts on the current view; 0 if all do. */
  readonly agreedInMs: number;
  /** The live keys on a node. */
  keysOn(id: string, options: { readonly signal: AbortSignal } | undefined): AsyncIterable<string>;
  /** Resolves after `ms`, or when the signal fires. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/**
 * `nothing`: no record of this client, or gone. `present`: all owners had it. `migrated`: it was copied to an owner that
 * lacked it.
 */
export type MigrationOutcome = 'nothing' | 'present' | 'migrated';

const MAX_ATTEMPTS = 8;
/** Delay before asking a node again that did not answer. */
const RETRY_PAUSE_MS = 100;

/**
 * The nodes that must answer. `all`: every node that may hold the key. `enough`: as many as prove what was
 * acknowledged, if the others are ejected.
 */
export type Answers = 'all' | 'enough';

/** @param id also may hold the key; must answer in any case */
export async function migrateKey(
  cluster: ListingCluster,
  key: string,
  id: string,
  answers: Answers,
  signal: AbortSignal | undefined,
): Promise<MigrationOutcome> {
  const operation = { cluster, key, options: signal === undefined ? undefined : { signal } };
  const reservation = new Reservation(operation);
  let outcome: MigrationOutcome = 'present';
  let failure: SessClientError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const startedAt = cluster.clock.latest();
    const asked = readTargets(route);
    const replies = await askByRoute(operation, asked.includes(id) ? asked : [...asked, id], route);
    if (replies === 'changed') continue;
    failure = failureIn(replies);
    if (failure !== undefined && (answers === 'all' || !mayDoWithout(cluster, route, id, replies))) {
      await cluster.pause(RETRY_PAUSE_MS, signal);
      continue;
    }
    const newest = newestOf(replies);
    if (newest === undefined) return 'nothing';
    // A drain leaves no other copy: if the protocol does not report how long a copy lives, it is written again.
    const isBlind =
      answers === 'all' && route.mode !== 'settled' && newest.kind === 'record' && newest.ttlSeconds === undefined;
    const lacking = replies.filter((reply) => route.owners.includes(reply.id) && (isBlind || !holds(reply, newest)));
    if (lacking.length === 0) return outcome;
    outcome = 'migrated';
    // Settled: the copies agree and need no new version. While an elder is down, a new version would look
    // newer than what that elder may hold.
    const keepsVersion = newest.kind === 'record' && (route.mode === 'settled' || failure !== undefined);
    const placed = keepsVersion
      ? await readRepair(operation, newest, lacking, reservation)
      : await migrate(operation, { route, replies, newest, reservation, startedAt });
    // Retrying at once brings neither more memory nor a larger limit.
    if (refusedValue(placed)) throw placed;
    // The next attempt finds a tombstone there.
    if (placed !== 'overtaken') return outcome;
  }
  if (failure !== undefined) throw outOfReach(failure);
  throw new SessClientError('SESS_UNAVAILABLE', 'A key was written faster than it could be migrated; try again.', {
    node: id,
  });
}

/**
 * Whether only ejected earlier owners did not answer, and the others prove what was acknowledged. When those
 * nodes return, reads compare them with other nodes.
 */
function mayDoWithout(cluster: Cluster, route: Route, id: string, replies: readonly Reply[]): boolean {
  const silent = replies.filter(({ failure }) => failure !== undefined);
  return (
    isCovered(route, replies) &&
    silent.every((reply) => reply.id !== id && !route.owners.includes(reply.id) && isDown(cluster, reply.id))
  );
}

function isDown(cluster: Cluster, id: string): boolean {
  try {
    return cluster.node(id).health === 'down';
  } catch {
    // The node left meanwhile; the next attempt does not ask it.
    return false;
  }
}
