import type { Socket } from 'node:net';
import { BinaryProtocol } from './binary/binary-protocol.ts';
import { REQUEST_MAGIC } from './binary/frame.ts';
import { SaslLogin } from './binary/sasl-login.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Credentials } from '../options.ts';
import type { Protocol, Step } from './protocol.ts';
import { Reply } from './reply.ts';
import type { Workplace } from './text/command.ts';
import { TextLogin } from './text/text-login.ts';
import { TextProtocol } from './text/text-protocol.ts';

/** Answers that may wait to be written before no further command is looked at. */
const MAX_UNWRITTEN = 1_048_576;

/** One client of a node: its bytes in, answers out, never more of either in memory than a bound. */
export class Connection {
  readonly #socket: Socket;
  readonly #place: Workplace;
  readonly #credentials: Credentials | undefined;
  readonly #input: ByteQueue = new ByteQueue();
  readonly #reply: Reply = new Reply();
  /** The first byte tells which. */
  #protocol: Protocol | undefined;
  #frozen = false;
  /** The conversation is over; what still comes is not looked at. */
  #closing = false;

  constructor(socket: Socket, place: Workplace, credentials: Credentials | undefined) {
    this.#socket = socket;
    this.#place = place;
    this.#credentials = credentials;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      if (this.#closing) return;
      this.#input.push(chunk);
      this.#work();
    });
    socket.on('drain', () => this.#work());
    socket.on('close', () => this.#reply.listing?.return?.());
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
      const next = this.#step();
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
    this.#socket.write(text, 'latin1');
  }

  #write(): void {
    const parts = this.#reply.takeParts();
    if (parts.length === 0) return;
    this.#socket.cork();
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      if (text !== '') this.#socket.write(text, 'latin1');
      text = '';
      this.#socket.write(part);
    }
    if (text !== '') this.#socket.write(text, 'latin1');
    this.#socket.uncork();
  }

  #protocolFor(first: number): Protocol {
    const credentials = this.#credentials;
    if (first === REQUEST_MAGIC) return new BinaryProtocol(this.#place, credentials && new SaslLogin(credentials));
    return new TextProtocol(this.#place, credentials && new TextLogin(credentials));
  }
}
