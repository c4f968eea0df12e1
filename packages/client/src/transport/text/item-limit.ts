import { FITS_ANY_NODE_BYTES, overBounds, type ItemBounds } from '../item-bounds.ts';
import { askItemBounds, type Asking } from './ask-item-bounds.ts';
import type { ListingSettings } from './list-keys.ts';

/**
 * The largest value that the node stores. A node that refuses a `set` for its size deletes the old item, so the client
 * asks for the limit before the first value larger than {@link FITS_ANY_NODE_BYTES}. It asks once per connection: the
 * node may have restarted with another `-I`.
 */
export class ItemLimit {
  readonly #settings: ListingSettings;
  /** The connection that {@link #bounds} belongs to; 0 before the first. */
  #epoch = 0;
  /** `undefined`: unknown. */
  #bounds: ItemBounds | undefined;
  #asking: Asking | undefined;

  constructor(settings: ListingSettings) {
    this.#settings = settings;
  }

  /** Whether to ask the node before a key and value of `bytes` in total are sent on the connection `epoch`. */
  mustAsk(bytes: number, epoch: number | undefined): boolean {
    return bytes > FITS_ANY_NODE_BYTES && (epoch !== this.#epoch || this.#asking !== undefined);
  }

  /** Asks on a connection of its own: proxies hang up on unknown commands. Never rejects. */
  async ask(epoch = 0): Promise<void> {
    if (this.#asking === undefined || epoch !== this.#epoch) {
      this.#asking?.end();
      this.#epoch = epoch;
      this.#bounds = undefined;
      this.#asking = askItemBounds(this.#settings);
    }
    const asking = this.#asking;
    const bounds = await asking.answer;
    // There is a new connection by now, and another question for it.
    if (this.#asking !== asking) return this.#asking === undefined ? undefined : this.ask(this.#epoch);
    this.#asking = undefined;
    this.#bounds = bounds;
  }

  /** Throws `SESS_TOO_LARGE` if the node is known to refuse the value. */
  check(key: string, bytes: number, flags: number): void {
    if (this.#bounds === undefined) return;
    const refusal = overBounds(this.#settings.node.id, this.#bounds, { keyBytes: key.length, bytes, flags });
    if (refusal !== undefined) throw refusal;
  }

  /** Ends a pending question. */
  end(): void {
    this.#asking?.end();
  }
}
