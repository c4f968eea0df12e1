import { PGlite } from '@electric-sql/pglite';

type StreamOptions = Parameters<PGlite['execProtocolRawStream']>[1];

/** Message types of PostgreSQL's protocol (documentation, 53.7). */
const PARSE = 'P'.charCodeAt(0);
const CLOSE = 'C'.charCodeAt(0);
const STATEMENT = 'S'.charCodeAt(0);
/** A message's type and its length. */
const HEADER_BYTES = 5;

/**
 * PostgreSQL in this process, for several connections, whose statements a `PGLiteSocketServer` has executed in turn. To PostgreSQL they are one session, which
 * holds one prepared statement of a name: here the one that was prepared last. That will do where a name always stands for the same statement, as with
 * `@sess/postgres-backing`.
 */
export class SharedPglite extends PGlite {
  override async execProtocolRawStream(message: Uint8Array, options: StreamOptions): Promise<void> {
    const name = preparedName(message);
    // Whatever a connection prepared before under this name goes first; to close a statement that is not there is no error. Nobody asked, so nobody is answered.
    if (name !== undefined) await super.execProtocolRawStream(closing(name), { onRawData: () => undefined });
    await super.execProtocolRawStream(message, options);
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
