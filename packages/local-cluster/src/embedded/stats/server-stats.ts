import { randomInt } from 'node:crypto';
import type { Arithmetic, StoreMode, StoreOutcome } from '../item-store.ts';
import { PrefixStats } from './prefix-stats.ts';

type Counted = 'get' | 'set' | 'touch' | 'delete' | 'flush' | 'incr' | 'decr' | 'cas' | 'auth';

/** Counters without hits and misses. */
type Event = 'casBadValue' | 'meta' | 'tooLarge' | 'noMemory' | 'rejected' | 'connected';

/** As memcached's default. */
export const MAX_CONNECTIONS = 1_024;

/** A connection, as `stats conns` shows it. */
export interface ConnectionRow {
  readonly address: string;
  readonly state: string;
  readonly secondsSinceLastCommand: number;
}

/** The counters of a node since its start. */
export class ServerStats {
  connections = 0;
  /** A `metadump` is running; a second one is refused. */
  crawling = false;
  /** Port on which the node listens. */
  port = 0;
  asksForLogin = false;
  connected: () => readonly ConnectionRow[] = () => [];
  bytesRead = 0;
  bytesWritten = 0;
  /** Uses of keys by prefix, for `stats detail`. */
  readonly prefixes: PrefixStats = new PrefixStats();
  /** Reported as `pid`: a new number for every start, because all embedded nodes share the real process id. */
  readonly instance: number = randomInt(100_000, 2 ** 31);
  readonly #commands: Record<Counted, { hits: number; misses: number }> = zeroCommands();
  readonly #events: Record<Event, number> = zeroEvents();

  count(command: Counted, hit = true): void {
    this.#commands[command][hit ? 'hits' : 'misses']++;
  }

  /** Counts the outcome of a compare-and-swap; ignores other modes. */
  countSwap(mode: StoreMode, outcome: StoreOutcome): void {
    if (mode !== 'cas') return;
    if (outcome === 'exists') this.note('casBadValue');
    else this.count('cas', outcome !== 'missing');
  }

  /** Counts the outcome of `incr` and `decr`; a refused or newly created counter is neither a hit nor a miss. */
  countCounter(direction: 'up' | 'down', outcome: Arithmetic['outcome']): void {
    if (outcome === 'done' || outcome === 'missing')
      this.count(direction === 'up' ? 'incr' : 'decr', outcome === 'done');
  }

  note(event: Event): void {
    this.#events[event]++;
  }

  commands(): Readonly<Record<Counted, Readonly<{ hits: number; misses: number }>>> {
    return this.#commands;
  }

  events(): Readonly<Record<Event, number>> {
    return this.#events;
  }

  reset(): void {
    Object.assign(this.#commands, zeroCommands());
    Object.assign(this.#events, zeroEvents());
    this.bytesRead = this.bytesWritten = 0;
    this.prefixes.clear();
  }
}

function zeroCommands(): Record<Counted, { hits: number; misses: number }> {
  return {
    get: { hits: 0, misses: 0 },
    set: { hits: 0, misses: 0 },
    touch: { hits: 0, misses: 0 },
    delete: { hits: 0, misses: 0 },
    flush: { hits: 0, misses: 0 },
    incr: { hits: 0, misses: 0 },
    decr: { hits: 0, misses: 0 },
    cas: { hits: 0, misses: 0 },
    auth: { hits: 0, misses: 0 },
  };
}

function zeroEvents(): Record<Event, number> {
  return { casBadValue: 0, meta: 0, tooLarge: 0, noMemory: 0, rejected: 0, connected: 0 };
}
