import { afterAll, beforeAll, describe } from 'vitest';
import type { BackingBench, BackingSubject } from './backing/bench.ts';
import { destroySection, expirySection, listSection } from './backing/endings.ts';
import { saveSection } from './backing/saves.ts';

/** Includes starting a database server. */
const OPENING_MS = 120_000;

/**
 * Declares vitest tests of `subject` for everything that the `Backing` interface of `@sess/session` promises.
 *
 * Call it at the top of a test file, once per backing.
 */
export function backingConformance(subject: BackingSubject): void {
  describe(`the backing ${subject.name}`, () => {
    let bench: BackingBench | undefined;
    beforeAll(async () => {
      bench = await subject.open();
    }, OPENING_MS);
    afterAll(async () => {
      await bench?.[Symbol.asyncDispose]();
    });
    const opened = (): BackingBench => {
      if (bench === undefined) throw new Error('the backing did not open');
      return bench;
    };
    saveSection(opened);
    destroySection(opened);
    expirySection(opened);
    listSection(opened);
  });
}
