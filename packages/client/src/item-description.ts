import { decode, HEADER_BYTES, type ForeignReason } from './record.ts';
import type { StoredItem } from './transport/transport.ts';

/** Describes a stored item without its value, for tools that show what is stored where. */
export type ItemDescription =
  | {
      readonly kind: 'record';
      /** When it was written, milliseconds since 1970 by the writer's clock. */
      readonly writtenAt: number;
      /** Remaining time to live; `Infinity` if it never expires; `undefined` if the protocol does not report it. */
      readonly secondsLeft: number | undefined;
      /** Size of the value, without the envelope. */
      readonly bytes: number;
    }
  | {
      readonly kind: 'tombstone';
      /** When the record was destroyed, milliseconds since 1970. */
      readonly writtenAt: number;
      /** When the tombstone expires, milliseconds since 1970. */
      readonly endsAt: number;
    }
  | {
      /** The mark that a record leaves for a minute when it is moved to its owners. */
      readonly kind: 'moved';
      /** When the record was written, milliseconds since 1970. */
      readonly writtenAt: number;
    }
  | { readonly kind: 'foreign'; readonly reason: ForeignReason; readonly bytes: number };

/** Describes an item as a transport reads it. Never throws. */
export function describeItem(item: StoredItem): ItemDescription {
  const entry = decode(item, { id: '' });
  if (entry.kind === 'foreign') return { kind: 'foreign', reason: entry.reason, bytes: item.value.length };
  const writtenAt = Number(entry.version >> 16n);
  if (entry.kind === 'moved') return { kind: 'moved', writtenAt };
  if (entry.kind === 'tombstone') return { kind: 'tombstone', writtenAt, endsAt: entry.endsAt };
  return {
    kind: 'record',
    writtenAt,
    secondsLeft: entry.ttlSeconds,
    bytes: item.value.length - HEADER_BYTES,
  };
}
