import type { RequestSession } from '../session.ts';

/**
 * A session that is looked at after it was saved for its response, by code that nobody waited for: a change is saved
 * all the same, or somebody is told that it was too late.
 */
export class LateUse {
  #isLooking = false;
  #isOver = false;

  /** The session could not be saved: nothing more is tried, and nothing more is told. */
  giveUp(): void {
    this.#isOver = true;
  }

  /** Looks once the code that runs now is done: most of it changes nothing, a logger, say. */
  look(session: RequestSession | undefined, tellLate: (error: unknown) => void): void {
    if (this.#isLooking || this.#isOver) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      if (session?.hasUnsavedChange !== true) return;
      session.current.save().catch((error: unknown) => {
        // Told once: whoever is told may look at the session again.
        this.giveUp();
        tellLate(error);
      });
    });
  }
}
