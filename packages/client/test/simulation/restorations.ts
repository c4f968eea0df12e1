/** What the clients of a history tell of copies that they restore, and who waits for that. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { RefillMessage, RefillReason } from '../../src/diagnostics.ts';

export interface RestorationCounts {
  /** Refills that were carried through, of nodes that returned and of nodes that left. */
  refilled: number;
  'made up for': number;
  /** Copies that were lacking, of both. */
  restored: number;
  'given up': number;
}

export class Restorations {
  readonly counts: RestorationCounts = { refilled: 0, 'made up for': 0, restored: 0, 'given up': 0 };
  /** Hears of every refill that is done. */
  onDone: (node: string, reason: RefillReason) => void = () => undefined;

  /** Hears of everything, in words. */
  onTold: (text: () => string) => void = () => undefined;

  /** The channel is one for all: histories run one after another. */
  listen(): void {
    subscribe('sess:client:refill', this.#hear);
  }

  end(): void {
    unsubscribe('sess:client:refill', this.#hear);
  }

  readonly #hear = (message: unknown): void => {
    const { node, reason, phase, keys, carried, error } = message as RefillMessage;
    this.onTold(
      () =>
        `rereplication of ${node}, which ${reason}: ${phase}, ${carried} of ${keys} keys${error instanceof Error ? `, ${error.message}` : ''}`,
    );
    if (phase === 'given-up') this.counts['given up'] += 1;
    if (phase !== 'done') return;
    this.counts[reason === 'left' ? 'made up for' : 'refilled'] += 1;
    this.counts.restored += carried;
    this.onDone(node, reason);
  };
}
