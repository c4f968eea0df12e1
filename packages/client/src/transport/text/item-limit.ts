import { FITS_ANY_NODE_BYTES, overBounds, type ItemBounds } from '../item-bounds.ts';
import { askItemBounds, type Asking } from './ask-item-bounds.ts';
import type { ListingSettings } from './list-keys.ts';

/**
 * How large a value the node takes. A `set` that the node refuses for its size deletes what was there, so the node is
 * asked before the first value that not every node takes, once for each connection: it may have been started again with
 * another `-I`.
 */
export class ItemLimit {
  readonly #settings: ListingSettings;
  /** Of the connection that {@link #bounds} was asked for; 0 before the first. */
  #epoch = 0;
  /** `undefined`: the node does not tell. */
  #bounds: ItemBounds | undefined;
  #asking: Asking | undefined;

  constructor(settings: ListingSettings) {
    this.#settings = settings;
  }

  /**
   * Whether the node is to be asked before a key and a value of so many bytes together are sent on the connection with
   * this number.
   */
  mustAsk(bytes: number, epoch: number | undefined): boolean {
    return bytes > FITS_ANY_NODE_BYTES && (epoch !== this.#epoch || this.#asking !== undefined);
  }

  /** Asks, on a connection of its own: proxies hang up on a question that they don't know. Never rejects. */
  async ask(epoch = 0): Promise<void> {
    if (this.#asking === undefined || epoch !== this.#epoch) {
      this.#asking?.end();
      this.#epoch = epoch;
      this.#bounds = undefined;
      this.#asking = askItemBounds(this.#settings);
    }
    const asking = this.#asking;
    const bounds = await asking.answer;
    // Another connection stands by now, and its node was asked.
    if (this.#asking !== asking) return this.#asking === undefined ? undefined : this.ask(this.#epoch);
    this.#asking = undefined;
    this.#bounds = bounds;
  }

  /** Throws `SESS_TOO_LARGE` when the node is known to refuse the value. */
  check(key: string, bytes: number, flags: number): void {
    if (this.#bounds === undefined) return;
    const refusal = overBounds(this.#settings.node.id, this.#bounds, { keyBytes: key.length, bytes, flags });
    if (refusal !== undefined) throw refusal;
  }

  /** Ends a question that is under way. */
  end(): void {
    this.#asking?.end();
  }
}
