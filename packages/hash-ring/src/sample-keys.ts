/**
 * 2^32 divided by the golden ratio, rounded to an odd number: its multiples spread evenly and take every 32-bit value
 * before they repeat.
 */
const STEP = 0x9e37_79b9;

/** Sample keys: up to 2^32 different ones, the same every time, so that counts are comparable. */
export function* sampleKeys(count: number): Generator<string, undefined> {
  for (let at = 0, word = 0; at < count; at += 1, word = (word + STEP) >>> 0) yield `sess:sample:${word.toString(36)}`;
}
