import { afterAll, beforeAll, describe } from 'vitest';
import { addressSection, credentialSection, tlsSection } from './transport/access.ts';
import { answerSection } from './transport/answers.ts';
import { Bench } from './transport/bench.ts';
import { boundSection } from './transport/bounds.ts';
import { closingSection } from './transport/closing.ts';
import { clockSection, expirySection } from './transport/expiry.ts';
import { interruptionSection } from './transport/interruptions.ts';
import { pipeliningSection } from './transport/pipelining.ts';
import { refusalSection } from './transport/refusals.ts';
import type { TransportSubject } from './transport/subject.ts';
import { valueSection } from './transport/values.ts';

/**
 * Declares vitest tests of `subject` for everything that the `Transport` interface of `@sess/client` promises.
 *
 * Call it at the top of a test file, once per transport and runtime.
 */
export function transportConformance(subject: TransportSubject): void {
  describe(`${subject.name} on ${subject.runtime}`, () => {
    describe('with one node for all', () => {
      let bench: Bench | undefined;
      beforeAll(async () => {
        bench = await Bench.start(subject);
      });
      afterAll(async () => {
        await bench?.[Symbol.asyncDispose]();
      });
      const shared = (): Bench => {
        if (bench === undefined) throw new Error('the node did not start');
        return bench;
      };
      valueSection(shared);
      answerSection(shared);
      refusalSection(shared);
      pipeliningSection(shared);
      expirySection(subject, shared);
    });

    afterAll(() => Bench.end(subject));
    if (subject.extent === 'short') return;
    interruptionSection(subject);
    boundSection(subject);
    closingSection(subject);
    addressSection(subject);
    if (subject.tls !== undefined) tlsSection(subject, subject.tls);
    if (subject.capabilities.credentials) credentialSection(subject);
    // Only embedded nodes have an adjustable clock.
    if (subject.runtime === 'embedded') clockSection(subject);
  });
}
