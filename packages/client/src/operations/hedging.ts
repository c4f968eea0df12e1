/**
 * When it is worth asking the next copy as well: a node that hangs lets everybody who asks it wait for their timeout,
 * until it is ejected. Each node's usual tail is learnt from what it answers. An answer that is later than that is not
 * waited for alone; and a node that has been silent for longer is asked after the others, but now and then, which is
 * how it is found out or comes back.
 *
 * Few requests more in quiet times: what comes later than the tail is one of fifty, and more than that is paid for only
 * where a node answers nobody.
 */
import { deadline, type Clock } from '../clock.ts';

/** Of so many answers, one is later than the tail. */
const ONE_OF = 50;
const FIRST_TAIL_MS = 20;
const SHORTEST_TAIL_MS = 1;
/** How far a tail moves for one answer, of its length. */
const PACE = 0.1;
/** What is waited for beyond the tail before the next copy is asked, and at least. */
const PATIENCE = 1.5;
const LEAST_PATIENCE_MS = 4;
/** A node is silent when a request is older than anybody waits for it alone, and at least so old. */
const LEAST_WAIT_MS = 25;
/** A silent node is asked first once in so long. */
const TRY_EVERY_MS = 100;
/** Requests to a second copy: so many for each read, and so many saved up at most. */
const FOR_EACH_READ = 0.02;
const SAVED_UP = 100;

interface NodePace {
  tailMs: number;
  /** When the requests without an answer were made, the oldest first. */
  readonly waiting: Set<{ readonly at: number }>;
  triedAt: number;
}

export class Hedging {
  readonly #clock: Clock;
  /** Nobody waits for one copy longer than that. */
  readonly #longestMs: number;
  readonly #paces = new Map<string, NodePace>();
  #saved = SAVED_UP;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#longestMs = timeoutMs / 2;
  }

  /** These, in the order in which they should be asked. */
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

  /** Notes how long the node takes to answer. */
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

  /** What is answered, or `late` when that takes longer than usual and another copy may be asked. */
  async inTime<Answer>(id: string, asked: Promise<Answer>): Promise<Answer | 'late'> {
    this.#saved = Math.min(SAVED_UP, this.#saved + FOR_EACH_READ);
    const { tailMs } = this.#pace(id);
    const patienceMs = this.#isSilent(id)
      ? 0
      : Math.min(this.#longestMs, Math.max(LEAST_PATIENCE_MS, PATIENCE * tailMs));
    let cancel: (() => void) | undefined;
    const late = new Promise<'late'>((resolve) => {
      const look = (): void => {
        // A node that answers nobody is no exception that has to be paid for.
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

  /** Forgets nodes that nobody speaks to any more. */
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

  /** Moves the tail to where one of so many answers is later. */
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
