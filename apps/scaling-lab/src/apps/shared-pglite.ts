import { PGlite } from '@electric-sql/pglite';

type StreamOptions = Parameters<PGlite['execProtocolRawStream']>[1];

const code = (type: string): number => type.charCodeAt(0);

/**
 * Messages after which a statement goes on, until a `Sync` ends it (PostgreSQL documentation, 54.2.3, "Extended
 * Query").
 */
const GOES_ON: ReadonlySet<number | undefined> = new Set(['P', 'B', 'D', 'E', 'C', 'H'].map(code));
const [PARSE, CLOSE, STATEMENT] = [code('P'), code('C'), code('S')];
/** A message's type and its length. */
const HEADER_BYTES = 5;

/**
 * PostgreSQL in this process, for several connections: a `PGLiteSocketServer` has their messages executed in turn. To
 * PostgreSQL they are one session, and so need two things more.
 *
 * - A statement is several messages, and what is between them is the session's. So a connection keeps its turn, as in a
 *   transaction, until its statement ends.
 * - A session holds one prepared statement of a name: here the one that was prepared last. That will do where a name
 *   always stands for the same statement, as with `@sess/postgres-backing`.
 */
export class SharedPglite extends PGlite {
  #statementGoesOn = false;

  /** Asked by the server, which then takes no message but of the connection that sent the last one. */
  override isInTransaction(): boolean {
    return this.#statementGoesOn || super.isInTransaction();
  }

  override async execProtocolRawStream(message: Uint8Array, options: StreamOptions): Promise<void> {
    const name = preparedName(message);
    // To close a statement that is not there is no error. Nobody asked for it, so nobody is answered.
    if (name !== undefined) await super.execProtocolRawStream(closing(name), { onRawData: () => undefined });
    await super.execProtocolRawStream(message, options);
    this.#statementGoesOn = GOES_ON.has(message[0]);
  }
}

/** The name under which a message has a statement prepared, with the 0 at its end. */
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
