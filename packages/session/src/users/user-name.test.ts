import { describe, expect, it } from 'vitest';
import { checkUserName } from './user-name.ts';

describe('the name of a user', () => {
  it.each([
    'USER_123',
    'a',
    ' ',
    'x'.repeat(1_024),
    'ü'.repeat(512),
    '😀',
    "'; drop table sess_sessions; --",
    'line\nbreak',
  ])('may be %j', (name) => {
    expect(() => checkUserName(name)).not.toThrow();
  });

  it.each([
    ['', 'is empty'],
    ['x'.repeat(1_025), 'has 1025 bytes'],
    ['ü'.repeat(513), 'has 1026 bytes'],
    ['USER\0', 'contains U+0000'],
    ['USER\ud800', 'contains half a surrogate pair'],
    ['\udc00USER', 'contains half a surrogate pair'],
    [7, 'is of type number'],
    [null, 'is null'],
    [undefined, 'is of type undefined'],
    [['USER'], 'is of type object'],
  ])('is not %j', (name, why) => {
    const message: unknown = expect.stringContaining(`the name of a user ${why}; expected`);
    expect(() => checkUserName(name)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_DATA', retryable: false, message }),
    );
  });
});
