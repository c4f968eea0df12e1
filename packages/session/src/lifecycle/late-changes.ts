import type { WarnOnce } from './warn-once.ts';

/** A session that was saved for its response. */
export interface SavedSession {
  /** Whether the response has ended, and the data is not what was saved. */
  readonly wasChangedLate: boolean;
}

/**
 * Sessions that are watched at once. With how often they are looked at it bounds the cost, whatever the traffic; a
 * mistake shows with each request, so some are enough.
 */
const WATCHED = 50;
const LOOK_EVERY_MS = 1_000;
/** How often each is looked at. */
const LOOKS = 5;

/**
 * Warns where data is changed after the session was saved for its response, and nothing saves it again: through a
 * reference that was taken before, by code that nobody waited for.
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
