import type { Clock } from './clock.ts';

const ORDER_BITS = 16n;
/** The salt leaves half of the order to the versions that follow within the same millisecond. */
const SALTS = 0x8000;

/**
 * Makes record versions: 48 bits of milliseconds since 1970, 16 bits of order.
 *
 * Every version is above the one it replaces, whatever the clock says. A source starts each millisecond's order at its
 * own random salt: two processes that write blindly at the same moment hardly ever make the same version.
 */
export class VersionSource {
  readonly #clock: Clock;
  readonly #salt: bigint;
  readonly #random: () => number;
  #last = 0n;
  /** Millisecond of the last version: within one, counting on is all there is to do. */
  #lastMs = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#salt = BigInt(Math.floor(random() * SALTS));
  }

  /**
   * A version above `replaced`, where something known is replaced. One record from the far future does not drag other
   * keys along. A clock that is behind it gives no version of its own: others who replace the same at that moment, as a
   * writer does what a reader carries, must still make another one.
   */
  next(replaced = 0n): bigint {
    const ms = Math.floor(this.#clock.now());
    const ofNow = ms > this.#lastMs ? (BigInt(ms) << ORDER_BITS) | this.#salt : 0n;
    this.#lastMs = ms;
    this.#last = ofNow > this.#last ? ofNow : this.#last + 1n;
    return this.#last > replaced ? this.#last : replaced + 1n + BigInt(Math.floor(this.#random() * SALTS));
  }
}

/** The lowest version of a moment, milliseconds since 1970. */
export function versionOf(moment: number): bigint {
  return BigInt(Math.max(0, Math.floor(moment))) << ORDER_BITS;
}
