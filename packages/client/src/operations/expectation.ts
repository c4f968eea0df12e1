/** What a write expects to find, and whether the replies meet it. */
import { SessClientError } from '../errors.ts';
import type { Entry, StoredRecord } from '../record.ts';
import type { Route } from '../membership/route.ts';
import { OUT_OF_FORGERY } from '../membership/unknown-past.ts';
import type { Cluster } from '../cluster.ts';
import { conflict } from './conflict.ts';
import { failureIn, isCertain, isCovered, newestOf, outOfReach, type Reply } from './replies.ts';

/** The expected entry; `anything`: last writer wins. A tombstone refuses all three. */
export type Expectation = StoredRecord | 'absent' | 'anything';

/** Throws a conflict, or an outage if a node that may hold a newer entry does not answer. */
export function refuseWhatDoesNotHold(
  cluster: Cluster,
  route: Route,
  expect: Expectation,
  replies: readonly Reply[],
  own: readonly StoredRecord[],
): void {
  // Ignores what this operation wrote in an earlier attempt. Compares bytes, too: two processes may create the same
  // version.
  const foreign = replies.filter(
    ({ entry }) =>
      !(entry?.kind === 'record' && own.some((written) => written.equals(entry) || entry.isMigrationOf(written))),
  );
  const newest = newestOf(foreign);
  if (newest?.kind === 'tombstone')
    throw conflict(expect === 'absent' ? 'present' : 'deleted', holderOf(replies, newest));
  // No client uses an ejected node. One that merely did not answer this client may answer others.
  const silent = replies.find(
    ({ id, failure }) => failure !== undefined && (route.owners.includes(id) || cluster.node(id).health !== 'down'),
  );
  if (silent?.failure !== undefined) throw outOfReach(silent.failure, replies);
  if (route.undecided !== undefined) throw undecided(route);
  if (expect === 'anything') return;
  if (expect === 'absent') {
    const present = foreign.find(({ entry }) => entry !== undefined && entry.kind !== 'moved');
    if (present !== undefined) throw conflict('present', present.id);
    const failure = failureIn(replies);
    // With several copies, one answer per view proves that nothing is there.
    if (failure !== undefined && !isCovered(route, replies)) throw outOfReach(failure, replies);
    return;
  }
  if (newest !== undefined && newest.version > expect.version && !newest.isMigrationOf(expect))
    throw conflict('changed', holderOf(replies, newest));
  const certain = route.mode === 'handover' && isCertain(expect, route);
  const missing = failureIn(replies);
  // A silent node may have a newer record.
  if (missing !== undefined && !certain && !isCovered(route, replies)) throw outOfReach(missing, replies);
  const baseSeen = replies.some(({ entry }) => entry?.kind === 'record' && entry.version >= expect.version);
  if (baseSeen) return;
  const failure = failureIn(replies);
  if (failure !== undefined) throw outOfReach(failure, replies);
  throw conflict('gone', route.owners[0]);
}

/** Clients act on views with different first nodes: two conflicting writes could both be acknowledged. */
function undecided(route: Route): SessClientError {
  if (route.undecided === 'closing') {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      'A handover is being finished, and a node has not confirmed it yet; try again.',
    );
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    'Another process places keys by a distribution that this one does not know; nothing is written until the processes agree. ' +
      'Change between distributions of @sess/hash-ring by a rolling deploy, and to or from one of your own by stopping the old processes first. ' +
      `If there is no such process and no historySecret, somebody else wrote this: ${OUT_OF_FORGERY}`,
  );
}

function holderOf(replies: readonly Reply[], entry: Entry): string | undefined {
  return replies.find((reply) => reply.entry === entry)?.id;
}
