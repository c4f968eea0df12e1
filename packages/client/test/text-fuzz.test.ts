/**
 * Replies of every kind, split anywhere, damaged, or nothing but noise. More of it than in an ordinary run, and again
 * what was found:
 *
 *     SESS_FUZZ_SEED=42 SESS_FUZZ_RUNS=1000000 npx pnpm@10 exec vitest run packages/client/test/text-fuzz.test.ts
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyFault } from '../src/transport/text/reply-fault.ts';
import { Conversation, EXCHANGE, expectedResult, type DialectName, type Result } from './fuzz/exchange.ts';

const RUNS = Number(process.env['SESS_FUZZ_RUNS'] ?? 200);
const SEED = process.env['SESS_FUZZ_SEED'];
const SETTINGS: fc.Parameters<unknown> = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
/** A run takes some milliseconds; on a busy machine, tens. */
const TIMEOUT_MS = 20_000 + RUNS * 60;

const EXCHANGES = fc.array(EXCHANGE, { minLength: 1, maxLength: 12 });
const CUTS = fc.array(fc.nat({ max: 3_000 }), { maxLength: 30 });

/** Pieces of replies, and of nothing. */
const PIECE: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      'VA',
      'HD',
      'EN',
      'NF',
      'NS',
      'EX',
      'VALUE',
      'END',
      'STORED',
      'ERROR',
      'SERVER_ERROR x',
      'VERSION 1',
      'TOUCHED',
      '\r\n',
      ' ',
      ' 5',
      ' f1',
      ' c1',
      ' t-1',
      ' O1',
      'key',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const NOISE = fc.array(PIECE, { maxLength: 60 }).map((pieces) => Buffer.concat(pieces));

/** Reads; whether it was taken for replies. Throws for anything but a fault of the replies. */
function taken(conversation: Conversation, bytes: Uint8Array, cuts: readonly number[]): boolean {
  try {
    conversation.read(bytes, cuts);
    return true;
  } catch (error) {
    if (error instanceof ReplyFault) return false;
    throw error;
  }
}

/** Node.js compares bytes by the block, vitest one by one: it is asked only where there is a difference to show. */
function expectSame(results: readonly Result[], expected: readonly Result[]): void {
  if (!isDeepStrictEqual(results, expected)) expect(results).toStrictEqual(expected);
}

describe.each(['meta', 'classic'] as const)('replies in the %s dialect', (dialect: DialectName) => {
  it('answer the same however they are split', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(EXCHANGES, CUTS, (exchanges, cuts) => {
        const conversation = new Conversation(dialect, exchanges);
        conversation.read(conversation.replies, cuts);
        expectSame(
          conversation.results,
          exchanges.map((exchange) => expectedResult(dialect, exchange)),
        );
        expect([conversation.queue.size, conversation.queue.pending]).toEqual([0, 0]);
      }),
      SETTINGS,
    );
  });

  it('answer the same byte by byte', { timeout: TIMEOUT_MS }, () => {
    const short = EXCHANGES.filter((exchanges) => exchanges.every(({ value }) => value.length < 400));
    fc.assert(
      fc.property(short, (exchanges) => {
        const conversation = new Conversation(dialect, exchanges);
        conversation.read(conversation.replies, [...conversation.replies.keys()]);
        expectSame(
          conversation.results,
          exchanges.map((exchange) => expectedResult(dialect, exchange)),
        );
      }),
      { ...SETTINGS, numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it('that end early answer what came whole, and nothing else', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(EXCHANGES, CUTS, fc.nat(), (exchanges, cuts, place) => {
        const conversation = new Conversation(dialect, exchanges);
        const end = place % conversation.replies.length;
        conversation.read(conversation.replies.subarray(0, end), cuts);
        const expected = exchanges.map((exchange) => expectedResult(dialect, exchange));
        const { results } = conversation;
        const settled = results.findLastIndex((result) => result !== 'pending');
        expectSame(results.slice(0, settled + 1), expected.slice(0, settled + 1));
        expect(conversation.queue.size).toBeGreaterThan(0);
      }),
      SETTINGS,
    );
  });

  it('that are damaged mean the same however they are split, and fault at worst', { timeout: TIMEOUT_MS }, () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(EXCHANGES, CUTS, damage, (exchanges, cuts, changes) => {
        const conversation = new Conversation(dialect, exchanges);
        const bytes = Buffer.from(conversation.replies);
        for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
        const whole = taken(conversation, bytes, cuts);
        // The same in one piece: whatever the damage did, splitting does nothing to it.
        const again = new Conversation(dialect, exchanges);
        expect(taken(again, bytes, [])).toBe(whole);
        expectSame(again.results, conversation.results);
      }),
      SETTINGS,
    );
  });

  it('that are noise fault at worst, however they are split', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(EXCHANGES, CUTS, NOISE, (exchanges, cuts, noise) => {
        const whole = new Conversation(dialect, exchanges);
        const split = new Conversation(dialect, exchanges);
        expect(taken(split, noise, cuts)).toBe(taken(whole, noise, []));
        expectSame(split.results, whole.results);
      }),
      SETTINGS,
    );
  });
});
