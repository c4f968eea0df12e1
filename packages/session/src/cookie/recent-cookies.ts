import type { Identity } from '../lifecycle/session-context.ts';

/** Most cookies remembered; the latest half of that number is always among them. About 400 bytes each. */
const MAX_REMEMBERED = 8_192;

/**
 * Caches recently verified cookies of one name and the sessions that they name: a page sends a dozen requests with the
 * same cookie, and only the first pays for three hashes. Cookies that failed verification are not cached.
 *
 * The cache does not help to guess a signature by timing: V8 compares two texts only if their hashes, which it seeds at
 * random, are equal.
 */
export class RecentCookies {
  readonly #half: number;
  #young = new Map<string, Identity>();
  #old = new Map<string, Identity>();

  constructor(maxRemembered: number = MAX_REMEMBERED) {
    this.#half = Math.ceil(maxRemembered / 2);
  }

  find(value: string): Identity | undefined {
    const recent = this.#young.get(value);
    if (recent !== undefined) return recent;
    const older = this.#old.get(value);
    if (older !== undefined) this.remember(value, older);
    return older;
  }

  remember(value: string, identity: Identity): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(detached(value), identity);
  }
}

/**
 * A copy that does not keep the whole `Cookie` header alive, as a slice of it would. For ASCII only, as verified values
 * are.
 */
export function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
