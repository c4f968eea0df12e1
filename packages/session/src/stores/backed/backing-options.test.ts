import { describe, expect, it } from 'vitest';
import { resolveBacking } from './backing-options.ts';

const backing = { load: async () => undefined };

describe('the options of a backing', () => {
  it('have these defaults', () => {
    expect(resolveBacking({})).toBeUndefined();
    expect(resolveBacking({ backing })).toEqual({
      backing,
      writePolicy: 'through',
      limits: {
        timeoutMs: 1_000,
        loadsPerSecond: 1_000,
        concurrency: 32,
        queued: 1_000,
        unknownSeconds: 5,
        pendingWrites: 10_000,
        closeTimeoutMs: 5_000,
      },
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no load', { backing: {} }, /"backing" is .*expected an object with the method load/],
    ['something else', { backing: 'postgres://localhost' }, /"backing" is a text of 20 characters; expected/],
    ['a save that is none', { backing: { ...backing, save: true } }, /"backing.save" is true; expected a function/],
    [
      'doubts that nobody can raise',
      { backing: { ...backing, doubts: async () => [] } },
      /"backing.doubt" is missing; expected both/,
    ],
    [
      'an unknown policy',
      { backing, writePolicy: 'around' },
      /"writePolicy" is 'around'; expected 'through', 'behind'/,
    ],
    [
      'a policy without a database',
      { writePolicy: 'behind' },
      /"writePolicy" is 'behind'; expected a "backing" beside it/,
    ],
    ['limits without a database', { backingLimits: {} }, /"backingLimits" is {}; expected a "backing"/],
    [
      'writing behind to what can not be written',
      { backing, writePolicy: 'behind' },
      /"writePolicy" is 'behind'; expected "through"/,
    ],
    [
      'an unknown limit',
      { backing, backingLimits: { timeout: 5 } },
      /unknown option "backingLimits.timeout": did you mean "backingLimits.timeoutMs"/,
    ],
    [
      'a time as text',
      { backing, backingLimits: { timeoutMs: '5' } },
      /"backingLimits.timeoutMs" is '5'; expected a whole number/,
    ],
  ])('refuse %s', (_, options, message) => {
    expect(() => resolveBacking(options)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
