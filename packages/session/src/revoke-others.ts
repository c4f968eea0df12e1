import { SessionError } from './errors.ts';
import type { SessionState } from './session-state.ts';
import { gone, readOnly, unavailable } from './write-session.ts';

/** Makes every other session of this session's user invalid. This one is saved with what makes it the exception. */
export async function revokeOthers(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  if (state.unreachable !== undefined) throw unavailable();
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
  const own = persisted?.owner !== undefined && persisted.owner.user === user ? persisted.owner.epoch : undefined;
  const owner = await users.revoke(user ?? '', persisted?.identity.key, own);
  // Revoked while this request ran: it can't make itself the exception.
  if (owner === undefined) throw gone();
  // One that is not stored yet gets the new epoch when it is.
  if (persisted !== undefined) await state.told('asked', state.replace(persisted, state.encoded(), owner));
}
