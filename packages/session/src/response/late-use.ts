import type { RequestSession } from '../session.ts';

/**
 * Handles use of a session after it was saved for its response, by code that nobody awaited: saves a change, or reports
 * that it came too late.
 */
export class LateUse {
  #isLooking = false;
  #isOver = false;

  /** Stops saving and reporting: the session could not be saved. */
  giveUp(): void {
    this.#isOver = true;
  }

  /** Checks for a change once the running code is done; most code, such as a logger, changes nothing. */
  look(session: RequestSession | undefined, tellLate: (error: unknown) => void): void {
    if (this.#isLooking || this.#isOver) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      if (session?.hasUnsavedChange !== true) return;
      session.current.save().catch((error: unknown) => {
        // Report once: `tellLate` may read the session again, which would come back here.
        this.giveUp();
        tellLate(error);
      });
    });
  }
}
