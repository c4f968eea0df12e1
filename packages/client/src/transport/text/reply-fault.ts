/**
 * A reply that breaks the protocol, or after which it is unknown where the next one begins. Ends the connection, which
 * wraps it in a `SessClientError` with the node's name.
 */
export class ReplyFault extends Error {
  readonly code: 'SESS_PROTOCOL' | 'SESS_CONNECTION' | 'SESS_AUTH';

  constructor(message: string, code: 'SESS_PROTOCOL' | 'SESS_CONNECTION' | 'SESS_AUTH' = 'SESS_PROTOCOL') {
    super(message);
    this.name = 'ReplyFault';
    this.code = code;
  }
}

/** The node did not know its first `mg` or `ms`: a proxy that knows only `mn`, or only one of them. */
export class MetaUnknown extends ReplyFault {
  /** @param doing what the node did with the command */
  constructor(doing: string, code: ReplyFault['code']) {
    super(
      `the node answers \`mn\`, but does not know all meta commands (${doing}), as some proxies do; use textTransport({ dialect: 'classic' })`,
      code,
    );
  }
}
