/** Counts the copies that the clients of a history restore, and reports when they are done. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { RereplicationMessage, RereplicationReason } from '../../src/diagnostics.ts';

export interface RestorationCounts {
  /** Completed rereplications, of nodes that returned and of nodes that left. */
  refilled: number;
  'made up for': number;
  /** Missing copies of both. */
  restored: number;
  'given up': number;
}

export class Restorations {
  readonly counts: RestorationCounts = { refilled: 0, 'made up for': 0, restored: 0, 'given up': 0 };
  /** Called for every completed rereplication. */
  onDone: (node: string, reason: RereplicationReason) => void = () => undefined;

  /** Called with a description of every message. */
  onTold: (text: () => string) => void = () => undefined;

  /** All clients share the channel, so histories run one after another. */
  listen(): void {
    subscribe('sess:client:rereplication', this.#hear);
  }

  end(): void {
    unsubscribe('sess:client:rereplication', this.#hear);
  }

  readonly #hear = (message: unknown): void => {
    const { node, reason, phase, keys, carried, error } = message as RereplicationMessage;
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
