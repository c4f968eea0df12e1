/** Counts the handovers that the clients of a history finish, and reports their steps. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { HandoverMessage } from '../../src/diagnostics.ts';

export interface FinishCounts {
  /** Handovers finished before their windows ended, interruptions of it, and keys copied for it. */
  finished: number;
  'finishes interrupted': number;
  'carried to finish': number;
}

export class Finishes {
  readonly counts: FinishCounts = { finished: 0, 'finishes interrupted': 0, 'carried to finish': 0 };
  /** Called with a description of every message. */
  onTold: (text: () => string) => void = () => undefined;
  /** Called for every step. */
  onStep: (phase: HandoverMessage['phase']) => void = () => undefined;

  /** All clients share the channel, so histories run one after another. */
  listen(): void {
    subscribe('sess:client:handover', this.#hear);
  }

  end(): void {
    unsubscribe('sess:client:handover', this.#hear);
  }

  readonly #hear = (message: unknown): void => {
    const { phase, views, keys, carried, error } = message as HandoverMessage;
    this.onTold(
      () =>
        `handover of ${views}: ${phase}, ${carried} of ${keys} keys${error instanceof Error ? `, ${error.message}` : ''}`,
    );
    if (phase === 'interrupted') this.counts['finishes interrupted'] += 1;
    if (phase === 'done') {
      this.counts.finished += views;
      this.counts['carried to finish'] += carried;
    }
    this.onStep(phase);
  };
}
