import type { Identity } from '../lifecycle/session-context.ts';

/** Cookies that are remembered, at least half of them of the last to come. About 400 bytes each. */
const MAX_REMEMBERED = 8_192;

/**
 * Cookies of one name whose signature held a moment ago, and the sessions that they name: a page brings a dozen
 * requests with the same cookie, and only the first pays for three hashes. Nothing is remembered of a cookie that is
 * not ours.
 *
 * A secret that is guessed is not found out faster by it: texts are compared only when their whole hashes, which V8
 * seeds at random, are the same.
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

/** A copy that does not keep the whole `Cookie` header alive, as a slice of it would. What is signed is ASCII. */
export function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
