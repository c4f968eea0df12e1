import type { Clock } from './clock.ts';

const ORDER_BITS = 16n;
/** Salts use half of the order's range: the other half is for further versions within the same millisecond. */
const SALTS = 0x8000;

/**
 * Creates record versions: 48 bits of milliseconds since 1970, 16 bits of order.
 *
 * Every version is above the one it replaces, whatever the clock says. Each source starts a millisecond's order at its
 * own random salt, so two processes that write blindly at the same time hardly ever create the same version.
 */
export class VersionSource {
  readonly #clock: Clock;
  readonly #salt: bigint;
  readonly #random: () => number;
  #last = 0n;
  /** Millisecond of the last version: within the same one, the source only counts up. */
  #lastMs = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#salt = BigInt(Math.floor(random() * SALTS));
  }

  /**
   * A version above `replaced`, the version to be replaced (default: unknown). A record from the far future does not
   * raise the versions of other keys. If the clock is behind `replaced`, a random salt keeps the versions of concurrent
   * replacers apart, for example of a writer and of a reader that migrates.
   */
  next(replaced = 0n): bigint {
    const ms = Math.floor(this.#clock.now());
    const ofNow = ms > this.#lastMs ? (BigInt(ms) << ORDER_BITS) | this.#salt : 0n;
    this.#lastMs = ms;
    this.#last = ofNow > this.#last ? ofNow : this.#last + 1n;
    return this.#last > replaced ? this.#last : replaced + 1n + BigInt(Math.floor(this.#random() * SALTS));
  }
}

/** The lowest version of a given time, milliseconds since 1970. */
export function versionOf(moment: number): bigint {
  return BigInt(Math.max(0, Math.floor(moment))) << ORDER_BITS;
}
