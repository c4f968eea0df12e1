import { afterAll, beforeAll, describe } from 'vitest';
import type { SessionStoreBench, SessionStoreSubject } from './session-store/bench.ts';
import { destroySection, expirySection } from './session-store/endings.ts';
import { listSection } from './session-store/lists.ts';
import { refusalSection } from './session-store/refusals.ts';
import { loadSection, raceSection, saveSection } from './session-store/writes.ts';

/**
 * Declares vitest tests of `subject` for everything that the `SessionStore` interface of `@sess/session` promises.
 *
 * Call it at the top of a test file, once per store.
 */
export function sessionStoreConformance(subject: SessionStoreSubject): void {
  describe(`the session store ${subject.name}`, () => {
    let bench: SessionStoreBench | undefined;
    beforeAll(async () => {
      bench = await subject.open();
    });
    afterAll(async () => {
      await bench?.[Symbol.asyncDispose]();
    });
    const opened = (): SessionStoreBench => {
      if (bench === undefined) throw new Error('the store did not open');
      return bench;
    };
    loadSection(opened, subject);
    saveSection(opened);
    raceSection(opened);
    destroySection(opened);
    expirySection(opened, subject);
    listSection(opened, subject);
    refusalSection(opened, subject);
  });
}
