import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How often a piece of what passes is met by each fault, 0 to 1. */
export interface Faults {
  /** Cut in pieces that arrive one by one. */
  readonly split: number;
  /** Held back for up to {@link longestDelayMs}. */
  readonly delay: number;
  readonly longestDelayMs: number;
  /** Both connections reset, what is held back with them. */
  readonly reset: number;
}

/** Random numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function after(earlier: Promise<void>, then: () => Promise<void> | void): Promise<void> {
  await earlier;
  await then();
}

/** Stands between a client and a node on loopback, and does to what passes what networks do. */
export class FaultyProxy {
  readonly counts = { connections: 0, splits: 0, delays: 0, resets: 0 };
  /** While false, everything passes as it comes. */
  faulty = true;
  readonly #server: Server;
  readonly #faults: Faults;
  readonly #random: () => number;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, nodePort: number, faults: Faults, random: () => number) {
    this.#server = server;
    this.#faults = faults;
    this.#random = random;
    server.on('connection', (client: Socket) => {
      this.counts.connections += 1;
      const node = connect(nodePort, '127.0.0.1');
      this.#pass(client, node);
      this.#pass(node, client);
    });
  }

  static async start(nodePort: number, faults: Faults, random: () => number): Promise<FaultyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyProxy(server, nodePort, faults, random);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const pieces = this.#hits(this.#faults.split) ? this.#pieces(chunk) : [chunk];
      for (const piece of pieces) {
        const delayMs = this.#hits(this.#faults.delay) ? this.#faults.longestDelayMs * this.#random() : 0;
        if (delayMs > 0) this.counts.delays += 1;
        if (this.#hits(this.#faults.reset)) {
          this.counts.resets += 1;
          last = after(last, () => [from, to].forEach((socket) => socket.resetAndDestroy()));
        }
        // In order, whatever is held back.
        last = after(last, () => this.#deliver(to, piece, delayMs));
      }
    });
  }

  async #deliver(to: Socket, piece: Buffer, delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (!to.destroyed) to.write(piece);
  }

  #pieces(chunk: Buffer): Buffer[] {
    this.counts.splits += 1;
    const pieces: Buffer[] = [];
    for (let at = 0; at < chunk.length;) {
      const length = 1 + Math.floor(this.#random() * (chunk.length / 3));
      pieces.push(chunk.subarray(at, at + length));
      at += length;
    }
    return pieces;
  }

  #hits(share: number): boolean {
    return this.faulty && this.#random() < share;
  }
}
