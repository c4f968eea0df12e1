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

/** The node did not know its first meta command: a proxy that knows only `mn`. */
export class MetaUnknown extends ReplyFault {
  /** @param answer the node's text, in quotes */
  constructor(answer: string) {
    super(
      `the node answers \`mn\`, but knows no meta commands (${answer}), as some proxies do; use textTransport({ dialect: 'classic' })`,
      'SESS_CONNECTION',
    );
  }
}
