import { createHash } from 'node:crypto';

import type { HistoryRefused } from './history-checks.ts';

/** Most refusals to remember: at least one for each node that somebody writes to again and again. */
const MAX_REFUSALS = 256;

/** Remembers bytes that were refused, so that the same bytes, written again, cost only a digest. */
export class RefusedBytes {
  readonly #byDigest = new Map<string, HistoryRefused>();

  /** Why these bytes were refused before; `undefined` if they were not. */
  refusalOf(bytes: Buffer): HistoryRefused | undefined {
    return this.#byDigest.size === 0 ? undefined : this.#byDigest.get(digestOf(bytes));
  }

  add(bytes: Buffer, refusal: HistoryRefused): void {
    this.#byDigest.set(digestOf(bytes), refusal);
    const [oldest] = this.#byDigest.keys();
    if (this.#byDigest.size > MAX_REFUSALS && oldest !== undefined) this.#byDigest.delete(oldest);
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
