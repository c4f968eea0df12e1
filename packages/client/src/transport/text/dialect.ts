import type { CommandBatch } from './command-batch.ts';
import type { ReplyLine } from './reply-line.ts';
import type { Request } from './request.ts';

/** The reply is complete; the request leaves the queue. */
export const ANSWERED = -1;
/** The reply continues. */
export const CONTINUES = -2;
/** The server does not know this form of the request: send it again, and the dialect writes another form. */
export const SEND_AGAIN = -3;

/** One of the above, or the length of the data block that follows (without its CRLF). */
export type Progress = number;

/**
 * Writes requests and reads replies. Each connection has its own: it may learn what the server supports, and keeps
 * state between the lines of a reply. A reply that breaks the grammar throws a `ReplyFault`.
 */
export interface Dialect {
  readonly name: 'meta' | 'classic';
  /** Appends the request's command. */
  write(request: Request, batch: CommandBatch): void;
  /**
   * Fast path: reads the line of an item, its CRLF included, in one pass, if it is of the plain form and complete in
   * `bytes` from `at` to `end`. Returns where the data block of {@link itemBytes} begins, or -1 if {@link line} must
   * read it.
   */
  item(request: Request, bytes: Buffer, at: number, end: number): number;
  /** Length of the data block that {@link item} found. */
  readonly itemBytes: number;
  /** Reads a line of the reply to `request`, without its CRLF. */
  line(request: Request, line: ReplyLine): Progress;
  /** Takes the data block; `undefined` if {@link wantsData} returned false. */
  data(request: Request, value: Buffer | undefined): Progress;
  /** Whether to keep the data block of the reply to `request`. */
  wantsData(request: Request): boolean;
}
