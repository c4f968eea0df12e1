import { roomFor } from './key-bytes.ts';

/**
 * Bob Jenkins's one-at-a-time hash of `text` in UTF-8, as an int32: libmemcached's default key hash.
 *
 * libmemcached reads bytes as C's `char`, which is signed on x86, so bytes above 127 are negative here as well.
 * memcached's keys are ASCII, where the sign makes no difference.
 */
export function oneAtATime(text: string): number {
  const room = roomFor(text);
  const length = room.bytes.write(text);
  const { signed } = room;
  let value = 0;
  for (let at = 0; at < length; at += 1) {
    value = (value + (signed[at] as number)) | 0;
    value = (value + (value << 10)) | 0;
    value ^= value >>> 6;
  }
  value = (value + (value << 3)) | 0;
  value ^= value >>> 11;
  return (value + (value << 15)) | 0;
}
