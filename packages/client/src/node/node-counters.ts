/** What a node tells of itself, as far as it says what became of items. Asked rarely, and only while something is missed. */
import type { Clock } from '../clock.ts';
import type { StatsSection } from '../transport/transport.ts';

/** What a node counted, since it started or since a moment. */
export interface NodeCounters {
  /** When it started at the earliest, milliseconds since 1970 by this machine's clock: up to five seconds before it did. */
  readonly startedAt: number;
  /** Items that were removed for lack of memory before their time. */
  readonly evictions: number;
  readonly flushes: number;
  /** Whether these happened since the moment that was asked for; otherwise some may be older. */
  readonly isSince: boolean;
}

/** A node that may tell. */
export interface TellingNode {
  readonly id: string;
  /** Number of the connection: another one may lead to a node that started anew. */
  readonly epoch: number;
  /** Rejects where it does not tell. */
  stats(section: StatsSection): Promise<ReadonlyMap<string, string>>;
}

interface Answer {
  /** By the clock that never runs backwards. */
  readonly askedAt: number;
  readonly epoch: number;
  readonly counters: Promise<NodeCounters | undefined>;
}

interface Reading extends Omit<NodeCounters, 'isSince'> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Each node is asked once in so long. */
const FRESH_MS = 1_000;
/** Readings that are kept, and how far apart: what happened before the last quarter of an hour is not told apart. */
const MAX_READINGS = 90;
const READINGS_APART_MS = 10_000;
/** As exactly as a node tells when it started. */
const START_MS = 5_000;

export class CountersOfNodes {
  readonly #clock: Clock;
  readonly #answers = new WeakMap<TellingNode, Answer>();
  readonly #readings = new WeakMap<TellingNode, Reading[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What the node counted since `since`, milliseconds since 1970, as far as it was asked before; otherwise since it
   * started. `undefined` where it does not tell. Never rejects.
   */
  async of(node: TellingNode, since: number | undefined): Promise<NodeCounters | undefined> {
    const counters = await this.#now(node);
    if (counters === undefined || since === undefined) return counters;
    const before = this.#readings
      .get(node)
      ?.findLast(({ at, startedAt }) => at <= since && Math.abs(startedAt - counters.startedAt) < START_MS);
    return {
      startedAt: counters.startedAt,
      evictions: counters.evictions - (before?.evictions ?? 0),
      flushes: counters.flushes - (before?.flushes ?? 0),
      isSince: before !== undefined || counters.startedAt > since,
    };
  }

  #now(node: TellingNode): Promise<NodeCounters | undefined> {
    const known = this.#answers.get(node);
    const askedAt = this.#clock.elapsed();
    if (known !== undefined && known.epoch === node.epoch && askedAt - known.askedAt < FRESH_MS) return known.counters;
    const counters = this.#ask(node);
    this.#answers.set(node, { askedAt, epoch: node.epoch, counters });
    return counters;
  }

  async #ask(node: TellingNode): Promise<NodeCounters | undefined> {
    try {
      const at = this.#clock.now();
      const told = await node.stats('general');
      const uptime = Number(told.get('uptime') ?? Number.NaN);
      if (!Number.isFinite(uptime)) return undefined;
      // Whole seconds; memcached begins to count two of them early.
      const counters = {
        startedAt: at - 1_000 * (uptime + 1),
        evictions: Number(told.get('evictions') ?? 0),
        flushes: Number(told.get('cmd_flush') ?? 0),
      };
      this.#keep(node, { ...counters, at });
      return { ...counters, isSince: false };
    } catch {
      return undefined;
    }
  }

  #keep(node: TellingNode, reading: Reading): void {
    const readings = this.#readings.get(node) ?? [];
    this.#readings.set(node, readings);
    if (reading.at - (readings.at(-1)?.at ?? -Infinity) < READINGS_APART_MS) return;
    readings.push(reading);
    if (readings.length > MAX_READINGS) readings.shift();
  }
}
