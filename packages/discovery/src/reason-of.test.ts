import { describe, expect, it } from 'vitest';
import { reasonOf } from './reason-of.ts';

const refused = (address: string): Error => new Error(`connect ECONNREFUSED ${address}:11211`);

describe('reasonOf', () => {
  it.each([
    [new Error('it was closed.'), 'it was closed'],
    [
      Object.assign(new Error('error:0A000086\nmore'), { reason: 'certificate verify failed' }),
      'certificate verify failed',
    ],
    [new Error('first line\nsecond line'), 'first line'],
    [
      new AggregateError([refused('::1'), refused('127.0.0.1')]),
      'connect ECONNREFUSED ::1:11211, connect ECONNREFUSED 127.0.0.1:11211',
    ],
    [
      new AggregateError(Array.from({ length: 300 }, (_, index) => refused(`127.0.1.${index}`))),
      `${[0, 1, 2, 3, 4].map((index) => `connect ECONNREFUSED 127.0.1.${index}:11211`).join(', ')}, and 295 more`,
    ],
    [new AggregateError([refused('::1')], 'none answered'), 'none answered'],
    [Object.assign(new Error('aborted'), { code: 'ABORT_ERR' }), 'the signal in the option tls has fired'],
    ['a text', 'a text'],
  ])('says why in one line: %#', (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });
});
