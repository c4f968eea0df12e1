import type { WarnOnce } from './warn-once.ts';

/** A session that was saved for its response. */
export interface SavedSession {
  /** Whether the response has ended and the data has an unsaved change. */
  readonly wasChangedLate: boolean;
}

/**
 * Sessions watched at once. It bounds the cost, whatever the traffic; a mistake in the application shows in every
 * request, so a sample is enough.
 */
const WATCHED = 50;
const LOOK_EVERY_MS = 1_000;
/** Checks per session. */
const LOOKS = 5;

/**
 * Warns if code that nobody awaited changes the data after the session was saved for its response, through a reference
 * that it took before, and nothing saves it again.
 */
export class LateChanges {
  readonly #warnOnce: WarnOnce;
  #watched: { readonly session: SavedSession; looks: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #told = false;

  constructor(warnOnce: WarnOnce) {
    this.#warnOnce = warnOnce;
  }

  watch(session: SavedSession): void {
    if (this.#told || this.#watched.length === WATCHED) return;
    this.#watched.push({ session, looks: 0 });
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    this.#told = this.#watched.some(({ session }) => session.wasChangedLate);
    if (this.#told) this.#warnOnce('SESS_LATE_CHANGE');
    this.#watched = this.#told ? [] : this.#watched.filter((watched) => (watched.looks += 1) < LOOKS);
    if (this.#watched.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
