/**
 * 2^32 over the golden ratio, made odd: its multiples spread evenly and meet every 32-bit value before one comes again.
 */
const STEP = 0x9e37_79b9;

/**
 * Keys to try a distribution with: up to 2^32 different ones, and the same ones every time, so that counts can be
 * compared.
 */
export function* sampleKeys(count: number): Generator<string, undefined> {
  for (let at = 0, word = 0; at < count; at += 1, word = (word + STEP) >>> 0) yield `sess:sample:${word.toString(36)}`;
}
