import { expect, test } from 'vitest';

import { HashRingError, shown } from './errors.ts';

test('an error has a literal code, and is known by its brand', () => {
  const error = new HashRingError('SESS_BAD_KEY', 'why');
  expect(error).toMatchObject({ name: 'HashRingError', code: 'SESS_BAD_KEY', message: 'why', retryable: false });
  expect(error).toBeInstanceOf(Error);
  expect(HashRingError.is(error)).toBe(true);
});

test('an error of another copy of this package counts, and nothing else does', () => {
  const foreign = Object.defineProperty(new Error('why'), Symbol.for('@sess/hash-ring.error'), { value: true });
  expect(HashRingError.is(foreign)).toBe(true);
  for (const other of [new Error('why'), { code: 'SESS_BAD_KEY' }, 'SESS_BAD_KEY', null, undefined])
    expect(HashRingError.is(other)).toBe(false);
});

test.each([
  ['text', '"text"'],
  ['with "quotes"\n', String.raw`"with \"quotes\"\n"`],
  ['x'.repeat(100), `"${'x'.repeat(80)}…"`],
  [7, '7'],
  [Number.NaN, 'NaN'],
  [7n, '7'],
  [undefined, 'undefined'],
  [null, 'null'],
  [[1], 'an array'],
  [{}, 'an object'],
  [test, 'a function'],
  [Symbol('name'), 'a symbol'],
])('what came is shown: %o', (value, text) => {
  expect(shown(value)).toBe(text);
});
