import { SessClientError } from '../../errors.ts';
import { askItemBounds, type ItemBounds, type Asking } from './ask-item-bounds.ts';
import type { ListingSettings } from './list-keys.ts';

/** An item beside its key and value: header, the key's end, the value's end; measured with memcached 1.6. */
const ITEM_BYTES = 51;
const CAS_BYTES = 8;
/** Flags that are 0 are not kept. */
const FLAGS_BYTES = 4;
/** A key and a value of so many bytes together are sent without a question: memcached takes no `-I` below 1 KiB. */
const UNASKED_BYTES: number = 1_024 - ITEM_BYTES - CAS_BYTES - FLAGS_BYTES;

/**
 * How large a value the node takes. A `set` that the node refuses for its size deletes what was there, so the node is asked before the first one of about a kilobyte, once for
 * each connection: it may have been started again with another `-I`.
 */
export class ItemLimit {
  readonly #settings: ListingSettings;
  /** Of the connection that {@link #bounds} was asked for. */
  #epoch: number | undefined;
  /** `undefined`: the node does not tell. */
  #bounds: ItemBounds | undefined;
  #asking: Asking | undefined;

  constructor(settings: ListingSettings) {
    this.#settings = settings;
  }

  /** Whether the node is to be asked before a key and a value of so many bytes together are sent on the connection with this number. */
  mustAsk(bytes: number, epoch: number | undefined): boolean {
    return bytes > UNASKED_BYTES && (epoch !== this.#epoch || this.#asking !== undefined);
  }

  /** Asks, on a connection of its own: proxies hang up on a question that they don't know. Never rejects. */
  async ask(epoch: number | undefined): Promise<void> {
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
    const { itemBytes, cas } = this.#bounds;
    const most = itemBytes - ITEM_BYTES - (cas ? CAS_BYTES : 0) - (flags === 0 ? 0 : FLAGS_BYTES) - key.length;
    if (bytes <= most) return;
    const node = this.#settings.node.id;
    const text = `The value has ${bytes} bytes, and the node ${node} takes ${most} under this key (item_size_max ${itemBytes}); nothing was sent, and what was stored is still there. Store less, or raise memcached -I on every node.`;
    throw new SessClientError('SESS_TOO_LARGE', text, { node });
  }

  /** Ends a question that is under way. */
  end(): void {
    this.#asking?.end();
  }
}
