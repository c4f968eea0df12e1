import { Header } from 'memjs';

const HEADER_BYTES = 24;
const RESPONSE_MAGIC = 0x81;
/** memcached's text to a client that connects at its limit of connections, before it hangs up. */
const FULL = Buffer.from('ERROR Too many open connections');

export type ReplyHeader = ReturnType<typeof Header.fromBuffer>;

/** Takes one whole message and its header. Returns whether to continue. */
export type MessageSink = (message: Buffer, header: ReplyHeader) => boolean;

/**
 * Cuts the bytes of one connection into whole messages, so that memjs gets only complete ones.
 *
 * memjs itself copies all received bytes with every chunk (a value of n chunks is copied n times), keeps half a message
 * when the connection is lost, and waits forever on a header whose lengths contradict each other.
 */
export class ReplyStream {
  readonly #maxBodyBytes: number;
  readonly #sink: MessageSink;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes needed before the next attempt to parse. */
  #wanted = HEADER_BYTES;
  #saysFull = false;

  constructor(maxBodyBytes: number, sink: MessageSink) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#sink = sink;
  }

  /** Whether the node said, in text, that it is at its limit of connections. */
  get saysFull(): boolean {
    return this.#saysFull;
  }

  /** Returns the fault of the stream, or `undefined`. After a fault the stream must not be used again. */
  push(chunk: Buffer): string | undefined {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const isBinary = this.#chunks[0]?.[0] === RESPONSE_MAGIC;
    if (isBinary && this.#bytes < this.#wanted) return undefined;
    const received = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    if (!isBinary) return this.#text(received);
    let start = 0;
    let wanted = HEADER_BYTES;
    while (received.length - start >= HEADER_BYTES) {
      const header = Header.fromBuffer(received.subarray(start, start + HEADER_BYTES));
      const fault = this.#headerFault(header);
      if (fault !== undefined) return fault;
      const length = HEADER_BYTES + header.totalBodyLength;
      if (received.length - start < length) {
        wanted = length;
        break;
      }
      if (!this.#sink(received.subarray(start, start + length), header)) return undefined;
      start += length;
    }
    this.#keep(received.subarray(start), wanted);
    return undefined;
  }

  #keep(rest: Buffer, wanted: number): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    this.#wanted = wanted;
  }

  /**
   * Waits for more only if the bytes may become the text of a full node, which can come in pieces. A server that speaks
   * only text answers `ERROR\r ` and no more.
   */
  #text(received: Buffer): string | undefined {
    const start = received.subarray(0, FULL.length);
    if (start.length < FULL.length && start.equals(FULL.subarray(0, start.length))) {
      this.#keep(received, HEADER_BYTES);
      return undefined;
    }
    this.#saysFull = start.equals(FULL);
    return magicFault(received[0] ?? 0);
  }

  #headerFault(header: ReplyHeader): string | undefined {
    if (header.magic !== RESPONSE_MAGIC) return magicFault(header.magic);
    if (header.keyLength + header.extrasLength > header.totalBodyLength)
      return 'the lengths in a reply contradict each other';
    if (header.totalBodyLength > this.#maxBodyBytes) {
      return `a reply announces ${header.totalBodyLength} bytes, more than the ${this.#maxBodyBytes} accepted (see maxValueBytes)`;
    }
    return undefined;
  }
}

function magicFault(magic: number): string {
  const text = magic >= 0x20 && magic < 0x7f;
  return text
    ? 'the node answered in text, not in the binary protocol: if it is a memcached, use the text transport for it'
    : `a reply starts with byte 0x${magic.toString(16).padStart(2, '0')}, not with 0x81`;
}
