import { expect, it } from 'vitest';
import { isSessionUnder } from './session-value.ts';

const TOKEN = 'Zq0c1lUQ3xkW7f2nJr8sVbYtHdGmPaEo';

it('knows a session by the token that is its key, in whichever order its fields are', () => {
  expect(isSessionUnder(TOKEN, JSON.stringify({ session: { id: '1', token: TOKEN }, user: { id: 'USER_123' } }))).toBe(
    true,
  );
  expect(isSessionUnder(TOKEN, JSON.stringify({ user: {}, session: { token: TOKEN } }))).toBe(true);
});

it.each([
  ['another token', JSON.stringify({ session: { token: 'another' } })],
  ['a list of sessions', JSON.stringify([{ token: TOKEN, expiresAt: 1 }])],
  ['no session', JSON.stringify({ session: null })],
  ['a verification value', JSON.stringify({ identifier: TOKEN, value: TOKEN })],
  ['a number', '1764400000000'],
  ['text', TOKEN],
  ['half a session', `{"session":{"token":"${TOKEN}"`],
  ['nothing', ''],
])('takes %s for none', (_name, value) => {
  expect(isSessionUnder(TOKEN, value)).toBe(false);
});
