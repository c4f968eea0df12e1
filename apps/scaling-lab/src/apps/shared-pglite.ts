import { PGlite } from '@electric-sql/pglite';

type StreamOptions = Parameters<PGlite['execProtocolRawStream']>[1];

const code = (type: string): number => type.charCodeAt(0);

/**
 * Types of messages after which a statement continues, until a `Sync` ends it (PostgreSQL documentation, 54.2.3,
 * "Extended Query").
 */
const GOES_ON: ReadonlySet<number | undefined> = new Set(['P', 'B', 'D', 'E', 'C', 'H'].map(code));
const [PARSE, CLOSE, STATEMENT] = [code('P'), code('C'), code('S')];
/** The header of a message: its type and its length. */
const HEADER_BYTES = 5;

/**
 * PostgreSQL in this process, for several connections: a `PGLiteSocketServer` executes their messages in turn.
 * PostgreSQL sees one session, which has two consequences.
 *
 * - A statement consists of several messages, and the session keeps the state between them. So a connection keeps its
 *   turn until its statement ends, as in a transaction.
 * - A session has one prepared statement per name: here the last prepared one. That is enough if a name always means
 *   the same statement, as with `@sess/postgres-backing`.
 */
export class SharedPglite extends PGlite {
  #statementGoesOn = false;

  /** While it returns true, the server accepts messages only from the connection that sent the last one. */
  override isInTransaction(): boolean {
    return this.#statementGoesOn || super.isInTransaction();
  }

  override async execProtocolRawStream(message: Uint8Array, options: StreamOptions): Promise<void> {
    const name = preparedName(message);
    // Closing a missing statement is no error. No client asked for it, so the answer is dropped.
    if (name !== undefined) await super.execProtocolRawStream(closing(name), { onRawData: () => undefined });
    await super.execProtocolRawStream(message, options);
    this.#statementGoesOn = GOES_ON.has(message[0]);
  }
}

/** The name of the statement that a message prepares, with its final 0 byte; `undefined` for any other message. */
function preparedName(message: Uint8Array): Uint8Array | undefined {
  if (message[0] !== PARSE || message[HEADER_BYTES] === 0) return undefined;
  return message.subarray(HEADER_BYTES, message.indexOf(0, HEADER_BYTES) + 1);
}

/** The message that closes a prepared statement. */
function closing(name: Uint8Array): Uint8Array {
  const message = Buffer.alloc(HEADER_BYTES + 1 + name.length);
  message[0] = CLOSE;
  message.writeUInt32BE(message.length - 1, 1);
  message[HEADER_BYTES] = STATEMENT;
  message.set(name, HEADER_BYTES + 1);
  return message;
}
