import type { Socket } from 'node:net';
import { ByteQueue } from './byte-queue.ts';
import type { Protocol, Step } from './protocol.ts';
import { Reply } from './reply.ts';

/** Bytes of unwritten replies above which no further command is parsed. */
const MAX_UNWRITTEN = 1_048_576;

/** Values from this size on are written without copying; joining smaller ones with their neighbours is faster. */
const WORTH_NO_COPY = 8_192;

/** Byte counts of all connections together. */
interface Traffic {
  bytesRead: number;
  bytesWritten: number;
}

/** One client of a server: parses its bytes and writes replies, with bounded memory for both. */
export class Connection {
  readonly #socket: Socket;
  readonly #protocolFor: (firstByte: number) => Protocol;
  readonly #input: ByteQueue = new ByteQueue();
  readonly #reply: Reply = new Reply();
  readonly #now: () => number;
  readonly #traffic: Traffic;
  /** Time of the last read, in milliseconds since 1970. */
  lastReadAt: number;
  /** The connection's state in memcached's terms. */
  state: 'conn_new_cmd' | 'conn_read' | 'conn_nread' | 'conn_parse_cmd' = 'conn_new_cmd';
  #protocol: Protocol | undefined;
  #frozen = false;
  /** The connection is ending; further input is ignored. */
  #closing = false;

  /** @param protocolFor - chooses the protocol by the client's first byte */
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

  /** Neither reads nor writes until {@link thaw}. */
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

  /** Runs commands until the input is used up or enough replies are ready. */
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
