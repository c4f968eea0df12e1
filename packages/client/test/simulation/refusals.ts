/** Listens for histories that a client refuses: in a simulated cluster only clients write them. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { HistoryRefusedMessage } from '../../src/diagnostics.ts';

export class Refusals {
  /** Called for every refused history. */
  onTold: (message: HistoryRefusedMessage) => void = () => undefined;

  /** All clients share the channel, so histories run one after another. */
  listen(): void {
    subscribe('sess:client:history-refused', this.#hear);
  }

  end(): void {
    unsubscribe('sess:client:history-refused', this.#hear);
  }

  readonly #hear = (message: unknown): void => this.onTold(message as HistoryRefusedMessage);
}
