/** Copies the newest record of one key to all its owners, from whichever node holds it. */
import { refusedValue, SessClientError } from '../errors.ts';
import type { Route } from '../membership/route.ts';
import { migrate } from './migrate.ts';
import type { Cluster } from '../cluster.ts';
import { failureIn, holds, isCovered, lookByRoute, newestOf, outOfReach, type Reply } from '../operations/replies.ts';
import { readRepair } from './read-repair.ts';
import { everybody } from '../operations/read.ts';

/** What work on many keys needs besides `Cluster`. */
export interface ListingCluster extends Cluster {
  /** Milliseconds until every client acts on the current view; 0 when they do. */
  readonly agreedInMs: number;
  /** The live keys on a node. */
  keysOn(id: string, options: { readonly signal: AbortSignal } | undefined): AsyncIterable<string>;
  /** Resolves after `ms`, or when the signal fires. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/**
 * `nothing`: not a record of this client, or gone. `there`: all owners had it. `carried`: an owner lacked it and got
 * it.
 */
export type Carried = 'nothing' | 'there' | 'carried';

const MAX_ATTEMPTS = 8;
/** Milliseconds before a node that did not answer is asked for the same key again. */
const RETRY_PAUSE_MS = 100;

/**
 * Who must answer: all that could hold the key, or as many as it takes to know what was acknowledged, while the others
 * are ejected.
 */
export type Answers = 'all' | 'enough';

/** `id` may hold the key too, and must answer whatever is asked of the others. */
export async function migrateKey(
  cluster: ListingCluster,
  key: string,
  id: string,
  answers: Answers,
  signal: AbortSignal | undefined,
): Promise<Carried> {
  const options = signal === undefined ? undefined : { signal };
  let outcome: Carried = 'there';
  let failure: SessClientError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const route = cluster.route(key);
    const asked = everybody(route);
    const replies = await lookByRoute(cluster, key, asked.includes(id) ? asked : [...asked, id], route, options);
    if (replies === 'changed') continue;
    failure = failureIn(replies);
    if (failure !== undefined && (answers === 'all' || !mayDoWithout(cluster, route, id, replies))) {
      await cluster.pause(RETRY_PAUSE_MS, signal);
      continue;
    }
    const newest = newestOf(replies);
    if (newest === undefined) return 'nothing';
    // A drain leaves no other copy: where the protocol can't tell how long a copy lives, it is written anew.
    const isBlind =
      answers === 'all' && route.mode !== 'settled' && newest.kind === 'record' && newest.ttlSeconds === undefined;
    const lacking = replies.filter((reply) => route.owners.includes(reply.id) && (isBlind || !holds(reply, newest)));
    if (lacking.length === 0) return outcome;
    outcome = 'carried';
    // Settled: the copies agree, and nothing needs a new version. While an elder is away, a new one would say that
    // nothing is in doubt.
    const keepsVersion = newest.kind === 'record' && (route.mode === 'settled' || failure !== undefined);
    const placed = keepsVersion
      ? await readRepair(cluster, key, newest, lacking, options)
      : await migrate(cluster, key, route, replies, newest, options);
    // Neither more memory nor a larger limit comes of asking again at once.
    if (refusedValue(placed)) throw placed;
    // A tombstone is seen there by the next look.
    if (placed !== false && placed !== 'overtaken') return outcome;
  }
  if (failure !== undefined) throw outOfReach(failure);
  throw new SessClientError('SESS_UNAVAILABLE', 'A key was written faster than it could be carried; try again.', {
    node: id,
  });
}

/**
 * Only earlier owners that are ejected did not answer, and what was acknowledged is known without them. They are
 * doubted when they return.
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
    // The node left meanwhile: the next attempt does not ask it.
    return false;
  }
}
