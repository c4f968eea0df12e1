/**
 * Warns, once per process, of what a client without a `historySecret` can't do: for a fixed list of nodes, or if the
 * history names unlisted nodes.
 */
const WARNING =
  'No historySecret is set, so this client connects only to nodes that discovery lists: a process that starts after a node left the list ' +
  'does not find the sessions that are only there, and anyone who can write to a node can forge the history. Set historySecret to the same ' +
  'secret of at least 32 bytes for all clients of the application; the plugin and the middlewares derive one for the client of "servers".';

let warned = false;

export function warnOfUnsignedHistory(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(WARNING, { type: 'SessWarning', code: 'SESS_UNSIGNED_HISTORY' });
}
