/** How long requests took. */
export class Latencies {
  readonly #durations: number[] = [];

  add(durationMs: number): void {
    this.#durations.push(durationMs);
  }

  /** `fraction` from 0 to 1: the duration that so many requests did not exceed, in milliseconds. */
  percentile(fraction: number): number {
    const sorted = this.#durations.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? 0;
  }
}
