/**
 * Decides when to ask the next copy as well, because every read of a node that hangs waits for the timeout until the
 * node is ejected. Learns each node's tail latency from its answers. If an answer is later than the tail, the next copy
 * is asked, too. A node that has been silent for longer is asked last, except for one read now and then, which finds
 * out whether it is back or must be ejected.
 *
 * Costs few extra requests: one answer in fifty is later than the tail, and a budget limits hedging beyond that, except
 * for a silent node.
 */
import { deadline, type Clock } from '../clock.ts';

/** One of this many answers is later than the tail. */
const ONE_OF = 50;
const FIRST_TAIL_MS = 20;
const SHORTEST_TAIL_MS = 1;
/** Share of its length by which a tail moves per late answer. */
const TAIL_STEP = 0.1;
/** Tails to wait before asking the next copy, and the least wait. */
const TAILS_TO_WAIT = 1.5;
const LEAST_WAIT_MS = 4;
/** A node is silent if a request is older than the wait above, and at least this old. */
const SILENT_AFTER_MS = 25;
/** A silent node is asked first once per interval. */
const TRY_EVERY_MS = 100;
/** The budget of extra requests: earned per read, and its maximum. */
const BUDGET_A_READ = 0.02;
const MAX_BUDGET = 100;

interface NodeLatency {
  tailMs: number;
  /** Start times of the pending requests, the oldest first. */
  readonly waiting: Set<{ readonly at: number }>;
  triedAt: number;
}

export class Hedging {
  readonly #clock: Clock;
  /** Longest wait for one copy alone. */
  readonly #longestMs: number;
  readonly #latencies = new Map<string, NodeLatency>();
  #budget = MAX_BUDGET;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#longestMs = timeoutMs / 2;
  }

  /** Returns `ids` in the order in which to ask them. */
  order(ids: readonly string[]): readonly string[] {
    const [first = ''] = ids;
    if (!this.#isSilent(first)) return ids;
    const latency = this.#latencyOf(first);
    const now = this.#clock.elapsed();
    if (now - latency.triedAt >= TRY_EVERY_MS) {
      latency.triedAt = now;
      return ids;
    }
    const next = ids.find((id) => !this.#isSilent(id));
    return next === undefined ? ids : [next, ...ids.filter((id) => id !== next)];
  }

  /** Measures how long the node takes to answer. */
  async timed<Answer>(id: string, asked: Promise<Answer>): Promise<Answer> {
    const latency = this.#latencyOf(id);
    const request = { at: this.#clock.elapsed() };
    latency.waiting.add(request);
    try {
      return await asked;
    } finally {
      latency.waiting.delete(request);
      this.#learn(latency, this.#clock.elapsed() - request.at);
    }
  }

  /** The answer, or `late` if it takes longer than usual and another copy may be asked. */
  async inTime<Answer>(id: string, asked: Promise<Answer>): Promise<Answer | 'late'> {
    this.#budget = Math.min(MAX_BUDGET, this.#budget + BUDGET_A_READ);
    const { tailMs } = this.#latencyOf(id);
    const waitMs = this.#isSilent(id) ? 0 : Math.min(this.#longestMs, Math.max(LEAST_WAIT_MS, TAILS_TO_WAIT * tailMs));
    let cancel: (() => void) | undefined;
    const late = new Promise<'late'>((resolve) => {
      const hedge = (): void => {
        // The budget does not apply to a silent node.
        if (this.#budget < 1 && !this.#isSilent(id)) {
          cancel = deadline(this.#clock, SILENT_AFTER_MS, hedge);
          return;
        }
        this.#budget = Math.max(0, this.#budget - 1);
        resolve('late');
      };
      cancel = deadline(this.#clock, waitMs, hedge);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      cancel?.();
    }
  }

  /** Forgets all other nodes. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const id of this.#latencies.keys()) if (!wanted.has(id)) this.#latencies.delete(id);
  }

  #isSilent(id: string): boolean {
    const latency = this.#latencies.get(id);
    if (latency === undefined) return false;
    for (const { at } of latency.waiting)
      return this.#clock.elapsed() - at > Math.max(SILENT_AFTER_MS, TAILS_TO_WAIT * latency.tailMs);
    return false;
  }

  /** Moves the tail towards the point that one of {@link ONE_OF} answers exceeds. */
  #learn(latency: NodeLatency, tookMs: number): void {
    const step = TAIL_STEP * latency.tailMs;
    const moved = tookMs > latency.tailMs ? step : -step / (ONE_OF - 1);
    latency.tailMs = Math.min(this.#longestMs, Math.max(SHORTEST_TAIL_MS, latency.tailMs + moved));
  }

  #latencyOf(id: string): NodeLatency {
    let latency = this.#latencies.get(id);
    if (latency === undefined) {
      latency = { tailMs: FIRST_TAIL_MS, waiting: new Set(), triedAt: -Infinity };
      this.#latencies.set(id, latency);
    }
    return latency;
  }
}
