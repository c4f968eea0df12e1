/** Durations of requests. */
export class Latencies {
  readonly #durations: number[] = [];

  add(durationMs: number): void {
    this.#durations.push(durationMs);
  }

  /** The duration that this fraction of requests (0 to 1) did not exceed, in milliseconds. */
  percentile(fraction: number): number {
    const sorted = this.#durations.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? 0;
  }
}
