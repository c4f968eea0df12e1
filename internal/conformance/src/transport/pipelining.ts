import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeTransport } from '@sess/client';
import { outcomes, type Bench } from './bench.ts';
import { inPieces, Relay } from './relay.ts';
import { noise } from './values.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const MANY = 10_000;

export function pipeliningSection(bench: () => Bench): void {
  describe('many requests at once', () => {
    it(`each of ${MANY} gets its own answer`, async () => {
      const prefix = bench().key();
      using opened = bench().open();
      const keys = Array.from({ length: MANY }, (_, index) => `${prefix}-${index}`);
      const present = keys.filter((_, index) => index % 3 > 0);
      const stored = await Promise.all(
        present.map((key) => opened.transport.store('set', key, Buffer.from(key), ATTRIBUTES)),
      );
      expect(new Set(stored)).toEqual(new Set(['stored']));
      const items = await Promise.all(keys.map((key) => opened.transport.get(key)));
      expect(items.map((item) => item?.value.toString())).toEqual(
        keys.map((key, index) => (index % 3 > 0 ? key : undefined)),
      );
    });

    it(`each of ${MANY} different ones gets its own answer, and they happen in the order of the calls`, async () => {
      const prefix = bench().key();
      using opened = bench().open();
      const groups = Array.from({ length: MANY / STEPS.length }, (_, index) => `${prefix}-${index}`);
      const answers = await outcomes(groups.flatMap((key) => STEPS.map(({ run }) => run(opened.transport, key))));
      const expected = groups.flatMap((key) => STEPS.map(({ answer }) => answer(key)));
      expect(answers.map(shown)).toEqual(expected);
    });

    it('small values do not wait until a large one is whole, nor mix with it', async () => {
      const prefix = bench().key();
      using opened = bench().open();
      const values = [1_000_000, 3, 700_000, 0, 500, 999_999].map((size) => noise(size));
      await Promise.all(
        values.map((value, index) => opened.transport.store('set', `${prefix}-${index}`, value, ATTRIBUTES)),
      );
      const items = await Promise.all(values.map((_, index) => opened.transport.get(`${prefix}-${index}`)));
      expect(items.map((item, index) => item?.value.equals(values[index] ?? Buffer.alloc(0)))).toEqual(
        values.map(() => true),
      );
    });
  });

  describe('replies that arrive in pieces', () => {
    it('are read as if they were whole', async () => {
      const prefix = bench().key();
      await using relay = await new Relay(bench().node.port).listen();
      const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
      const contents = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(sizes, contents, async (pieces, values) => {
          relay.onReply = inPieces(pieces);
          using opened = bench().open({}, { port: relay.port });
          const keys = values.map((_, index) => `${prefix}-${index}`);
          await Promise.all(
            values.map((value, index) => opened.transport.store('set', keys[index] ?? '', value, ATTRIBUTES)),
          );
          const items = await Promise.all([...keys, `${prefix}-missing`].map((key) => opened.transport.get(key)));
          expect(items.map((item) => item && [...item.value])).toEqual([
            ...values.map((value) => [...value]),
            undefined,
          ]);
        }),
        { numRuns: 25 },
      );
    });
  });
}

/** A sequence of requests on one key, all sent before the first reply. */
const STEPS: readonly {
  readonly run: (transport: NodeTransport, key: string) => Promise<unknown>;
  readonly answer: (key: string) => unknown;
}[] = [
  { run: (transport, key) => transport.get(key), answer: () => undefined },
  { run: (transport, key) => transport.store('add', key, Buffer.from(`${key}-a`), ATTRIBUTES), answer: () => 'stored' },
  { run: (transport, key) => transport.store('add', key, Buffer.from(`${key}-b`), ATTRIBUTES), answer: () => 'exists' },
  { run: (transport, key) => transport.get(key), answer: (key) => `${key}-a` },
  {
    run: (transport, key) => transport.store('set', key, Buffer.from(`${key}-c`), { ttlSeconds: 600, flags: 9 }),
    answer: () => 'stored',
  },
  { run: (transport, key) => transport.touch(key, 600), answer: () => 9 },
  { run: (transport, key) => transport.get(key), answer: (key) => `${key}-c` },
  { run: (transport, key) => transport.touch(`${key}-other`, 600), answer: () => undefined },
];

function shown(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  if ('value' in answer) return String(answer.value);
  return 'flags' in answer ? answer.flags : answer;
}
