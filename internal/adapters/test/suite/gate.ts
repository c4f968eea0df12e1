import { EventEmitter, once } from 'node:events';

/** A request that tells when it is under way, and goes on when it is let. */
export class Gate {
  readonly #events = new EventEmitter();
  readonly begun: Promise<unknown> = once(this.#events, 'begun');
  readonly #opened: Promise<unknown> = once(this.#events, 'opened');

  open(): void {
    this.#events.emit('opened');
  }

  async pass(): Promise<void> {
    this.#events.emit('begun');
    await this.#opened;
  }
}
