import { WorkingClock } from '@sess/working-time';
import { publish, type BackingEvent } from '../../diagnostics.ts';
import { hasCode, SessionError } from '../../errors.ts';
import type { SessionToSave } from './backing.ts';

/** A write that the database does not have yet. */
export type PendingWrite =
  | { readonly kind: 'save'; readonly session: SessionToSave; readonly failed: boolean }
  | { readonly kind: 'destroy'; readonly until: number; readonly failed: boolean };

/** Most writes at the same time. */
const TOGETHER = 16;
/** Writes of one session within this time, in milliseconds, become one. */
const GATHER_MS = 50;
const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

export interface PendingWritesOptions {
  readonly name: string;
  readonly most: number;
  readonly now: () => number;
  /** Writes one; rejects if it must be retried. */
  readonly write: (id: string, write: PendingWrite) => Promise<void>;
}

/**
 * Queues writes to the database: one per session, the latest; a save never replaces a destruction. Each is retried with
 * growing pauses until it succeeds, the database refuses its data, or the session's time is over.
 */
export class PendingWrites {
  readonly #options: PendingWritesOptions;
  /** In the order of the next try. */
  readonly #writes = new Map<string, PendingWrite>();
  #pauseMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #closed = false;

  constructor(options: PendingWritesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#writes.size;
  }

  /** Whether the queue has no room for a write of this session. */
  isFull(id: string): boolean {
    return this.#closed || (this.#writes.size >= this.#options.most && !this.#writes.has(id));
  }

  get(id: string): PendingWrite | undefined {
    return this.#writes.get(id);
  }

  isDestroyed(id: string): boolean {
    return this.#writes.get(id)?.kind === 'destroy';
  }

  /** Queues a write. `false` if there is no room, or if a destruction of the session is queued already. */
  add(id: string, write: PendingWrite): boolean {
    if (this.isFull(id)) return false;
    const present = this.#writes.get(id);
    if (present?.kind === 'destroy' && write.kind === 'save') return false;
    if (present?.kind === 'save' && write.kind === 'save' && present.session.version >= write.session.version)
      return true;
    this.#writes.set(id, write);
    if (write.failed) this.#tell(write, 'deferred');
    this.#schedule(GATHER_MS);
    return true;
  }

  /** The database has this version or a later one. */
  written(id: string, version: number): void {
    const present = this.#writes.get(id);
    if (present?.kind === 'save' && present.session.version <= version) this.#writes.delete(id);
  }

  /** Retries until all are written or `timeoutMs` is over. Resolves with how many were given up. */
  async close(timeoutMs: number): Promise<number> {
    this.#closed = true;
    const timer = new WorkingClock();
    const isOver = new Promise<void>((resolve) => timer.start(timeoutMs, resolve));
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#writes.size > 0 && timer.running) {
      await Promise.race([this.#round ?? this.#start(), isOver]);
      if (this.#pauseMs > 0 && this.#writes.size > 0) await Promise.race([pause(MIN_PAUSE_MS), isOver]);
    }
    timer.stop();
    clearTimeout(this.#timer);
    const lost = [...this.#writes.values()];
    this.#writes.clear();
    for (const write of lost) this.#tell(write, 'lost');
    return lost.length;
  }

  #schedule(afterMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#round !== undefined || this.#writes.size === 0) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#start();
      },
      Math.max(afterMs, this.#pauseMs * (0.5 + Math.random() / 2)),
    );
    this.#timer.unref();
  }

  #start(): Promise<void> {
    this.#round = this.#runRound().finally(() => {
      this.#round = undefined;
      this.#schedule(GATHER_MS);
    });
    return this.#round;
  }

  /** Never rejects. */
  async #runRound(): Promise<void> {
    const some = [...this.#writes].slice(0, TOGETHER);
    const done = await Promise.all(some.map(([id, write]) => this.#try(id, write)));
    this.#pauseMs = done.includes(false) ? Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, this.#pauseMs * 2)) : 0;
    if (this.#pauseMs === 0 && this.#writes.size > 0) await this.#runRound();
  }

  async #try(id: string, write: PendingWrite): Promise<boolean> {
    const isLatest = (): boolean => this.#writes.get(id) === write;
    try {
      await this.#options.write(id, write);
      if (isLatest()) this.#writes.delete(id);
      return true;
    } catch (error) {
      const isRefused = hasCode(error, 'SESS_BAD_DATA');
      // A newer write replaced this one; wait before it only if the database did not answer.
      if (!isLatest()) return isRefused;
      this.#writes.delete(id);
      if (isRefused) {
        this.#tell(write, 'lost', error);
        return true;
      }
      if (endOf(write) <= this.#options.now()) {
        this.#tell(write, 'lost');
        return true;
      }
      // Moves to the end of the queue, so that a failing write does not delay the others.
      this.#writes.set(id, { ...write, failed: true });
      if (!write.failed) this.#tell(write, 'deferred');
      return false;
    }
  }

  #tell({ kind }: PendingWrite, outcome: BackingEvent['outcome'], refusal?: SessionError): void {
    const { name } = this.#options;
    publish('backing', () => ({
      backing: name,
      operation: kind,
      outcome,
      ...(outcome === 'lost'
        ? { error: refusal ?? new SessionError('SESS_UNAVAILABLE', `${name}: a ${kind} was given up`) }
        : {}),
    }));
  }
}

function endOf(write: PendingWrite): number {
  return write.kind === 'save' ? write.session.expiresAt : write.until;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
