import type { CommandBatch } from './command-batch.ts';
import type { ReplyLine } from './reply-line.ts';
import type { Request } from './request.ts';

/** The request is answered; its place is free. */
export const ANSWERED = -1;
/** The reply has another line. */
export const CONTINUES = -2;
/**
 * The server does not know this form of the request: it is to be sent again, and the dialect will write another form.
 */
export const SEND_AGAIN = -3;

/** What follows: one of the above, or the length of the data block that comes next (its CRLF not counted). */
export type Progress = number;

/**
 * How requests are written and replies read. An object serves one connection: it may learn what the server can do, and
 * keeps what it knows of a reply between its lines. Whatever the grammar does not allow throws a `ReplyFault`.
 */
export interface Dialect {
  readonly name: 'meta' | 'classic';
  /** Appends the request's command. */
  write(request: Request, batch: CommandBatch): void;
  /**
   * Reads the line of an item, its CRLF included, in one pass, when it is of the plainest form and lies within `bytes`
   * from `at` to `end`. Returns where the data block begins, {@link itemBytes} long, or -1 to have it read by
   * {@link line}.
   */
  item(request: Request, bytes: Buffer, at: number, end: number): number;
  /** Length of the data block that {@link item} found. */
  readonly itemBytes: number;
  /** Reads a line of the reply to `request`, its CRLF taken off. */
  line(request: Request, line: ReplyLine): Progress;
  /** Takes the data block; `undefined` when {@link wantsData} said that nobody wants it. */
  data(request: Request, value: Buffer | undefined): Progress;
  /** Whether the data block of the reply to `request` is to be kept. */
  wantsData(request: Request): boolean;
}
