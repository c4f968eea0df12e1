/**
 * Warns of what a client without a `historySecret` can't do. Once per process, for a fixed list of nodes or if the
 * history names unlisted nodes.
 */
const WARNING =
  'No historySecret is set, so this client does not connect to nodes that discovery does not list to it: a process that starts after a node left ' +
  'the list does not find the sessions that are only there, and who can write to a node can cost time. Set historySecret to the same secret of ' +
  'at least 32 bytes for all clients of the application; the plugin and the middlewares derive one for the client of "servers".';

let warned = false;

export function warnOfUnsignedHistory(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(WARNING, { type: 'SessWarning', code: 'SESS_UNSIGNED_HISTORY' });
}
