import type { Socket } from 'node:net';
import { ByteQueue } from './byte-queue.ts';
import type { Protocol, Step } from './protocol.ts';
import { Reply } from './reply.ts';

/** Answers that may wait to be written before no further command is looked at. */
const MAX_UNWRITTEN = 1_048_576;

/**
 * From so many bytes on, a value is handed to the socket as it is; smaller ones go faster in one piece with their
 * neighbours.
 */
const WORTH_NO_COPY = 8_192;

/** Bytes of all connections together. */
interface Traffic {
  bytesRead: number;
  bytesWritten: number;
}

/** One client of a server: its bytes in, answers out, never more of either in memory than a bound. */
export class Connection {
  readonly #socket: Socket;
  readonly #protocolFor: (firstByte: number) => Protocol;
  readonly #input: ByteQueue = new ByteQueue();
  readonly #reply: Reply = new Reply();
  readonly #now: () => number;
  readonly #traffic: Traffic;
  /** When bytes came last, in milliseconds since 1970. */
  lastReadAt: number;
  /** What memcached calls what the connection does. */
  state: 'conn_new_cmd' | 'conn_read' | 'conn_nread' | 'conn_parse_cmd' = 'conn_new_cmd';
  #protocol: Protocol | undefined;
  #frozen = false;
  /** The conversation is over; what still comes is not looked at. */
  #closing = false;

  /** @param protocolFor - which protocol the client speaks: its first byte tells */
  constructor(
    socket: Socket,
    protocolFor: (firstByte: number) => Protocol,
    traffic: Traffic = { bytesRead: 0, bytesWritten: 0 },
    now: () => number = Date.now,
  ) {
    this.#now = now;
    this.#traffic = traffic;
    this.lastReadAt = now();
    this.#socket = socket;
    this.#protocolFor = protocolFor;
  }

  /** Reads and answers until the socket closes. */
  begin(): this {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      if (this.#closing) return;
      this.lastReadAt = this.#now();
      this.#traffic.bytesRead += chunk.length;
      this.#input.push(chunk);
      this.#work();
    });
    socket.on('drain', () => this.#work());
    socket.on('close', () => this.#reply.listing?.return?.());
    return this;
  }

  /** Reads and answers nothing until {@link thaw}. */
  freeze(): void {
    this.#frozen = true;
    this.#socket.pause();
  }

  thaw(): void {
    this.#frozen = false;
    this.#socket.resume();
    this.#work();
  }

  #work(): void {
    while (!this.#frozen && !this.#closing && this.#socket.writable) {
      if (this.#socket.writableLength > MAX_UNWRITTEN) return void this.#socket.pause();
      if (this.#reply.listing) {
        this.#writeListing(this.#reply.listing);
        continue;
      }
      this.state = 'conn_parse_cmd';
      const next = this.#step();
      this.state = next === 'hold' ? 'conn_nread' : 'conn_read';
      if (next === 'again') continue;
      if (next !== 'hold') this.#write();
      if (next === 'close') this.#close();
      else this.#socket.resume();
      return;
    }
  }

  #close(): void {
    this.#closing = true;
    this.#input.clear();
    this.#socket.destroySoon();
  }

  /** Commands up to the point where there is nothing left to take, or enough to write. */
  #step(): Step {
    const first = this.#input.peek();
    if (first === undefined) return 'wait';
    this.#protocol ??= this.#protocolFor(first);
    let unwritten = 0;
    for (;;) {
      const next = this.#protocol.step(this.#input, this.#reply);
      if (next !== 'again') return next;
      if (this.#reply.listing || ++unwritten >= 64) break;
    }
    this.#write();
    return 'again';
  }

  #writeListing(listing: Iterator<string>): void {
    let text = '';
    while (text.length < 65_536) {
      const { done, value } = listing.next();
      if (done === true) {
        this.#reply.endListing();
        break;
      }
      text += value;
    }
    this.#send(text);
  }

  #write(): void {
    const parts = this.#reply.takeParts();
    if (parts.length === 0) return;
    this.#socket.cork();
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string' || part.length < WORTH_NO_COPY) {
        text += typeof part === 'string' ? part : part.toString('latin1');
        continue;
      }
      this.#send(text);
      text = '';
      this.#send(part);
    }
    this.#send(text);
    this.#socket.uncork();
  }

  #send(part: string | Buffer): void {
    if (part.length === 0) return;
    this.#traffic.bytesWritten += part.length;
    this.#socket.write(part, 'latin1');
  }
}
