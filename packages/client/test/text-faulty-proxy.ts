import type { Socket } from 'node:net';
import { TcpProxy } from '@sess/loopback';

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
export class FaultyProxy extends TcpProxy {
  readonly counts = { splits: 0, delays: 0, resets: 0 };
  /** While false, everything passes as it comes. */
  faulty = true;
  readonly #random: () => number;

  constructor(nodePort: number, faults: Faults, random: () => number) {
    super(nodePort, (from, to) => this.#passing(faults, from, to));
    this.#random = random;
  }

  #passing(faults: Faults, from: Socket, to: Socket): (chunk: Buffer) => void {
    let last = Promise.resolve();
    return (chunk) => {
      const pieces = this.#hits(faults.split) ? this.#pieces(chunk) : [chunk];
      for (const piece of pieces) {
        const delayMs = this.#hits(faults.delay) ? faults.longestDelayMs * this.#random() : 0;
        if (delayMs > 0) this.counts.delays += 1;
        if (this.#hits(faults.reset)) {
          this.counts.resets += 1;
          last = after(last, () => [from, to].forEach((socket) => socket.resetAndDestroy()));
        }
        // In order, whatever is held back.
        last = after(last, () => this.#deliver(to, piece, delayMs));
      }
    };
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
