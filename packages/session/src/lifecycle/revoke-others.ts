import { SessionError } from '../errors.ts';
import { loadOne } from './load-session.ts';
import type { Persisted } from './session-context.ts';
import type { Owner } from '../users/session-owner.ts';
import type { SessionState } from './session-state.ts';
import { gone, readOnly, unavailable } from './request-errors.ts';
import { reportedSave } from './save-report.ts';

/** Revokes every other session of this session's user. This one is saved with the new epoch, so it stays valid. */
export async function revokeOthers(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  if (state.unreachable !== undefined) throw unavailable(state.unreachable.error);
  if (state.readOnly !== undefined) throw readOnly();
  const { users } = state.context;
  const user = users.userOf(state.data);
  if (user === undefined && users.isTold) {
    throw new SessionError(
      'SESS_NO_USER',
      'this session has no user whose other sessions could be revoked: the option "userOf" returned undefined',
    );
  }
  const { persisted } = state;
  if (persisted === undefined) {
    // It gets the new epoch when it is stored.
    await users.revoke(user ?? '');
    return;
  }
  // After a double click, the second request waits until the first has saved the session with its new epoch.
  const endTurn = await state.context.saves.take(`others of ${persisted.identity.key}`);
  try {
    const owner = await revokeUnlessRevoked(state, user ?? '', persisted);
    // This session was itself revoked while this request ran.
    if (owner === undefined) throw gone();
    await reportedSave(state, 'asked', () => state.replace(persisted, state.encoded(), owner));
  } finally {
    endTurn();
  }
}

/** `undefined` if this session was itself revoked. */
async function revokeUnlessRevoked(
  { context }: SessionState,
  user: string,
  { identity, owner }: Persisted,
): Promise<Owner | undefined> {
  const revokeFrom = (of: Owner | undefined): Promise<Owner | undefined> =>
    context.users.revoke(user, identity.key, of?.user === user ? of.epoch : undefined);
  const revoked = await revokeFrom(owner);
  if (revoked !== undefined) return revoked;
  // If another request revoked the others first, this session has a later epoch by now.
  const latest = await loadOne(context, identity);
  if (latest.kind === 'unavailable') throw unavailable(latest.error);
  const isStill = latest.kind === 'found' && latest.readOnly === undefined && latest.persisted.owner?.user === user;
  return isStill ? revokeFrom(latest.persisted.owner) : undefined;
}
