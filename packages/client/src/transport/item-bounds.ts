import { SessClientError } from '../errors.ts';

/** The largest item a node stores. */
export interface ItemBounds {
  /** `item_size_max`: key, value and header of an item. */
  readonly itemBytes: number;
  /** Whether items have a CAS number, which takes space. */
  readonly cas: boolean;
}

/** Overhead of an item: header, the key's end, the value's end; measured with memcached 1.6. */
const ITEM_BYTES = 51;
const CAS_BYTES = 8;
/** memcached does not store flags of 0. */
const FLAGS_BYTES = 4;

/** The range of memcached's `-I`. */
const [LEAST_ITEM_BYTES, MOST_ITEM_BYTES] = [1_024, 1_073_741_824];

/** Every node stores a key and a value of this many bytes together. */
export const FITS_ANY_NODE_BYTES: number = LEAST_ITEM_BYTES - ITEM_BYTES - CAS_BYTES - FLAGS_BYTES;

/** The bounds in a node's settings (`stats settings`); `undefined` if they lack a valid `item_size_max`. */
export function itemBoundsIn(settings: ReadonlyMap<string, string>): ItemBounds | undefined {
  const given = settings.get('item_size_max') ?? '';
  const itemBytes = /^\d{1,10}$/.test(given) ? Number(given) : 0;
  if (itemBytes < LEAST_ITEM_BYTES || itemBytes > MOST_ITEM_BYTES) return undefined;
  return { itemBytes, cas: settings.get('cas_enabled') !== 'no' };
}

/**
 * A `SESS_TOO_LARGE` error if the node would refuse a value of `bytes` under a key of `keyBytes`, otherwise
 * `undefined`. Such a value must not be sent: memcached refuses it and deletes the old item.
 */
export function overBounds(
  node: string,
  { itemBytes, cas }: ItemBounds,
  { keyBytes, bytes, flags }: { readonly keyBytes: number; readonly bytes: number; readonly flags: number },
): SessClientError | undefined {
  const most = itemBytes - ITEM_BYTES - (cas ? CAS_BYTES : 0) - (flags === 0 ? 0 : FLAGS_BYTES) - keyBytes;
  if (bytes <= most) return undefined;
  const text = `The value has ${bytes} bytes, and the node ${node} takes ${most} under this key (item_size_max ${itemBytes}); nothing was sent, and what was stored is still there. Store less, or raise memcached -I on every node.`;
  return new SessClientError('SESS_TOO_LARGE', text, { node });
}
