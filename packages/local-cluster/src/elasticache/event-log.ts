/** An event of a cluster, as in `DescribeEvents`. */
export interface CacheEvent {
  readonly sourceIdentifier: string;
  readonly message: string;
  readonly date: Date;
}

/** Bounds memory. AWS bounds events by age, fourteen days, and not by number. */
const MOST_EVENTS = 10_000;

export class EventLog {
  readonly #clusterId: string;
  readonly #events: CacheEvent[] = [];

  constructor(clusterId: string) {
    this.#clusterId = clusterId;
  }

  add(message: string): void {
    this.#events.push({ sourceIdentifier: this.#clusterId, message, date: new Date() });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  /** The newest last. */
  get all(): readonly CacheEvent[] {
    return this.#events;
  }
}
