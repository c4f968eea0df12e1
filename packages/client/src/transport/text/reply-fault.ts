/**
 * A reply that the protocol does not allow, or that leaves it open where the next one begins. Ends the connection,
 * which turns it into a `SessClientError` of its node.
 */
export class ReplyFault extends Error {
  readonly code: 'SESS_PROTOCOL' | 'SESS_CONNECTION' | 'SESS_AUTH';

  constructor(message: string, code: 'SESS_PROTOCOL' | 'SESS_CONNECTION' | 'SESS_AUTH' = 'SESS_PROTOCOL') {
    super(message);
    this.name = 'ReplyFault';
    this.code = code;
  }
}
