import { ReplyFault } from './reply-fault.ts';

const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const MINUS = 0x2d;
/** Numbers of at most this many decimal digits are exact in a double. */
const EXACT_DIGITS = 15;
const MAX_UNSIGNED_32 = 0xffff_ffff;
const MAX_UNSIGNED_64: bigint = 0xffff_ffff_ffff_ffffn;

/**
 * A cursor over one line of a reply, without its CRLF, in the read buffer: copies nothing. One object is reused for all
 * lines.
 */
export class ReplyLine {
  bytes: Buffer = Buffer.alloc(0);
  at: number = 0;
  end: number = 0;

  set(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    return this;
  }

  get done(): boolean {
    return this.at === this.end;
  }

  /** The next byte, without moving; -1 at the end. */
  peek(offset: number = 0): number {
    const at = this.at + offset;
    return at < this.end ? (this.bytes[at] as number) : -1;
  }

  /** The next byte; -1 at the end. */
  take(): number {
    return this.at < this.end ? (this.bytes[this.at++] as number) : -1;
  }

  skip(bytes: number): this {
    this.at += bytes;
    return this;
  }

  space(): void {
    if (this.take() !== SPACE) throw new ReplyFault('a space was expected');
  }

  /** Whether the rest of the line is exactly `text`. */
  is(text: string): boolean {
    return this.end - this.at === text.length && this.startsWith(text);
  }

  startsWith(text: string): boolean {
    if (this.end - this.at < text.length) return false;
    for (let index = 0; index < text.length; index += 1) {
      if (this.bytes[this.at + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** A number without sign, exact. */
  number(): number {
    const start = this.at;
    const { bytes, end } = this;
    let at = start;
    let value = 0;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    if (at === start || at - start > EXACT_DIGITS) throw new ReplyFault('a number was expected');
    this.at = at;
    return value;
  }

  unsigned32(): number {
    const value = this.number();
    if (value > MAX_UNSIGNED_32) throw new ReplyFault('an unsigned 32-bit number was expected');
    return value;
  }

  /** An unsigned 64-bit number: a bigint if a number would not be exact. */
  unsigned64(): number | bigint {
    let digits = 0;
    for (let byte = this.peek(); byte >= ZERO && byte <= NINE; byte = this.peek(digits)) digits += 1;
    if (digits <= EXACT_DIGITS) return this.number();
    const value = BigInt(this.bytes.toString('latin1', this.at, this.at + digits));
    if (digits > 20 || value > MAX_UNSIGNED_64) throw new ReplyFault('an unsigned 64-bit number was expected');
    this.at += digits;
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  /** Seconds to live; -1 never expires. */
  ttl(): number {
    if (this.peek() !== MINUS) return this.number();
    this.at += 1;
    if (this.number() !== 1) throw new ReplyFault('a time to live was expected');
    return -1;
  }

  /** The rest of the line as text. */
  text(): string {
    return this.bytes.toString('latin1', this.at, this.end);
  }
}
