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
const PACE = 0.1;
/** Tails to wait before asking the next copy, and the least wait. */
const PATIENCE = 1.5;
const LEAST_PATIENCE_MS = 4;
/** A node is silent if a request is older than the wait above, and at least this old. */
const LEAST_WAIT_MS = 25;
/** A silent node is asked first once per interval. */
const TRY_EVERY_MS = 100;
/** The budget of extra requests: earned per read, and its maximum. */
const FOR_EACH_READ = 0.02;
const SAVED_UP = 100;

interface NodePace {
  tailMs: number;
  /** Start times of the pending requests, the oldest first. */
  readonly waiting: Set<{ readonly at: number }>;
  triedAt: number;
}

export class Hedging {
  readonly #clock: Clock;
  /** Longest wait for one copy alone. */
  readonly #longestMs: number;
  readonly #paces = new Map<string, NodePace>();
  #saved = SAVED_UP;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#longestMs = timeoutMs / 2;
  }

  /** Returns `ids` in the order in which to ask them. */
  order(ids: readonly string[]): readonly string[] {
    const [first = ''] = ids;
    if (!this.#isSilent(first)) return ids;
    const pace = this.#pace(first);
    const now = this.#clock.elapsed();
    if (now - pace.triedAt >= TRY_EVERY_MS) {
      pace.triedAt = now;
      return ids;
    }
    const next = ids.find((id) => !this.#isSilent(id));
    return next === undefined ? ids : [next, ...ids.filter((id) => id !== next)];
  }

  /** Measures how long the node takes to answer. */
  async timed<Answer>(id: string, asked: Promise<Answer>): Promise<Answer> {
    const pace = this.#pace(id);
    const request = { at: this.#clock.elapsed() };
    pace.waiting.add(request);
    try {
      return await asked;
    } finally {
      pace.waiting.delete(request);
      this.#learn(pace, this.#clock.elapsed() - request.at);
    }
  }

  /** The answer, or `late` if it takes longer than usual and another copy may be asked. */
  async inTime<Answer>(id: string, asked: Promise<Answer>): Promise<Answer | 'late'> {
    this.#saved = Math.min(SAVED_UP, this.#saved + FOR_EACH_READ);
    const { tailMs } = this.#pace(id);
    const patienceMs = this.#isSilent(id)
      ? 0
      : Math.min(this.#longestMs, Math.max(LEAST_PATIENCE_MS, PATIENCE * tailMs));
    let cancel: (() => void) | undefined;
    const late = new Promise<'late'>((resolve) => {
      const look = (): void => {
        // The budget does not apply to a silent node.
        if (this.#saved < 1 && !this.#isSilent(id)) {
          cancel = deadline(this.#clock, LEAST_WAIT_MS, look);
          return;
        }
        this.#saved = Math.max(0, this.#saved - 1);
        resolve('late');
      };
      cancel = deadline(this.#clock, patienceMs, look);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      cancel?.();
    }
  }

  /** Forgets all other nodes. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const id of this.#paces.keys()) if (!wanted.has(id)) this.#paces.delete(id);
  }

  #isSilent(id: string): boolean {
    const pace = this.#paces.get(id);
    if (pace === undefined) return false;
    for (const { at } of pace.waiting)
      return this.#clock.elapsed() - at > Math.max(LEAST_WAIT_MS, PATIENCE * pace.tailMs);
    return false;
  }

  /** Moves the tail towards the point that one of {@link ONE_OF} answers exceeds. */
  #learn(pace: NodePace, tookMs: number): void {
    const step = PACE * pace.tailMs;
    const moved = tookMs > pace.tailMs ? step : -step / (ONE_OF - 1);
    pace.tailMs = Math.min(this.#longestMs, Math.max(SHORTEST_TAIL_MS, pace.tailMs + moved));
  }

  #pace(id: string): NodePace {
    let pace = this.#paces.get(id);
    if (pace === undefined) {
      pace = { tailMs: FIRST_TAIL_MS, waiting: new Set(), triedAt: -Infinity };
      this.#paces.set(id, pace);
    }
    return pace;
  }
}
