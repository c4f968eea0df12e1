import { ANSWERED, SEND_AGAIN, type Dialect, type Progress } from './dialect.ts';
import { ReplyFault } from './reply-fault.ts';
import { ReplyLine } from './reply-line.ts';
import type { Request } from './request.ts';
import type { RequestQueue } from './request-queue.ts';
import { ValueArena } from './value-arena.ts';

const CR = 0x0d;
const LF = 0x0a;
/** Longest reply line: a key and its numbers, or an error text. */
const MAX_LINE_BYTES = 2048;

/**
 * Parses replies and answers the requests in flight, in order. Parses in place; copies only values, and keeps at most
 * one incomplete line or value between reads.
 */
export class ReplyReader {
  readonly #queue: RequestQueue;
  readonly #dialect: Dialect;
  readonly #maxValueBytes: number;
  readonly #line: ReplyLine = new ReplyLine();
  readonly #arena: ValueArena = new ValueArena();
  /** The beginning of an incomplete line. */
  readonly #begun: Buffer = Buffer.allocUnsafeSlow(MAX_LINE_BYTES);
  #begunBytes = 0;
  /** A value that takes several reads; `undefined` if there is none, or while one is skipped. */
  #value: Buffer | undefined;
  #valueBytes = 0;
  /** Bytes read of the current data block, its CRLF included; -1 outside a data block. */
  #blockBytes = -1;

  constructor(queue: RequestQueue, dialect: Dialect, maxValueBytes: number) {
    this.#queue = queue;
    this.#dialect = dialect;
    this.#maxValueBytes = maxValueBytes;
  }

  /**
   * Parses the first `end` of `bytes`; the caller may reuse `bytes` afterwards. Throws a `ReplyFault` for an invalid
   * reply.
   */
  read(bytes: Buffer, end: number): void {
    this.#arena.reset();
    let at = 0;
    while (at < end) at = this.#blockBytes < 0 ? this.#readLine(bytes, at, end) : this.#readBlock(bytes, at, end);
  }

  #readLine(bytes: Buffer, from: number, end: number): number {
    const request = this.#queue.awaiting;
    if (request === undefined) throw new ReplyFault('a reply came that nothing was asked for');
    if (this.#begunBytes === 0) {
      const block = this.#dialect.item(request, bytes, from, end);
      if (block > 0) return this.#block(request, this.#dialect.itemBytes, bytes, block, end);
    }
    let at = from;
    while (at < end && bytes[at] !== LF) at += 1;
    if (at === end) {
      this.#begin(bytes, from, end);
      return end;
    }
    const next = at + 1;
    let line: ReplyLine;
    if (this.#begunBytes > 0) {
      this.#begin(bytes, from, next);
      line = this.#lineIn(this.#begun, 0, this.#begunBytes);
      this.#begunBytes = 0;
    } else {
      line = this.#lineIn(bytes, from, next);
    }
    const progress = this.#dialect.line(request, line);
    if (progress < 0) {
      this.#proceed(request, progress);
      return next;
    }
    return this.#block(request, progress, bytes, next, end);
  }

  /** The line that ends with the LF before `end`. */
  #lineIn(bytes: Buffer, start: number, end: number): ReplyLine {
    if (end - start < 2 || bytes[end - 2] !== CR) throw new ReplyFault('a reply line does not end with CRLF');
    return this.#line.set(bytes, start, end - 2);
  }

  #begin(bytes: Buffer, from: number, to: number): void {
    if (this.#begunBytes + (to - from) > MAX_LINE_BYTES)
      throw new ReplyFault(`a reply line is longer than ${MAX_LINE_BYTES} bytes`);
    bytes.copy(this.#begun, this.#begunBytes, from, to);
    this.#begunBytes += to - from;
  }

  /** A data block of `length` bytes begins at `from`. */
  #block(request: Request, length: number, bytes: Buffer, from: number, end: number): number {
    if (length > this.#maxValueBytes) {
      throw new ReplyFault(
        `a value of ${length} bytes came, more than ${this.#maxValueBytes}; raise \`maxValueBytes\` if it is meant to be`,
      );
    }
    const wanted = this.#dialect.wantsData(request);
    const to = from + length;
    if (to + 2 <= end) {
      if (bytes[to] !== CR || bytes[to + 1] !== LF)
        throw new ReplyFault('a value does not end with CRLF where its length says');
      this.#proceed(request, this.#dialect.data(request, wanted ? this.#arena.copy(bytes, from, to, end) : undefined));
      return to + 2;
    }
    this.#value = wanted ? Buffer.allocUnsafe(length) : undefined;
    this.#valueBytes = length;
    this.#blockBytes = 0;
    return from;
  }

  #readBlock(bytes: Buffer, from: number, end: number): number {
    let at = from;
    const missing = this.#valueBytes - this.#blockBytes;
    if (missing > 0) {
      const to = Math.min(end, at + missing);
      if (this.#value !== undefined) bytes.copy(this.#value, this.#blockBytes, at, to);
      this.#blockBytes += to - at;
      at = to;
    }
    while (at < end && this.#blockBytes < this.#valueBytes + 2) {
      if (bytes[at] !== (this.#blockBytes === this.#valueBytes ? CR : LF)) {
        throw new ReplyFault('a value does not end with CRLF where its length says');
      }
      this.#blockBytes += 1;
      at += 1;
    }
    if (this.#blockBytes === this.#valueBytes + 2) {
      const value = this.#value;
      this.#value = undefined;
      this.#blockBytes = -1;
      const request = this.#queue.awaiting;
      if (request === undefined) throw new ReplyFault('a reply came that nothing was asked for');
      this.#proceed(request, this.#dialect.data(request, value));
    }
    return at;
  }

  #proceed(request: Request, progress: Progress): void {
    if (progress === ANSWERED) this.#queue.shift(request);
    else if (progress === SEND_AGAIN) this.#queue.sendAgain(request);
  }
}
