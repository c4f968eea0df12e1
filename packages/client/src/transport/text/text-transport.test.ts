import { describe, expect, it } from 'vitest';
import { textTransport } from './index.ts';

describe('textTransport', () => {
  it('has a name', () => {
    expect(textTransport().name).toBe('text');
  });

  it('refuses a dialect that it does not know, and says which it knows', () => {
    expect(() => textTransport(new Map() as object)).toThrow(/takes an object such as/);
    expect(() => textTransport({ dialect: 'binary' as 'meta' })).toThrow(
      expect.objectContaining({
        code: 'SESS_BAD_OPTION',
        message: expect.stringContaining("'auto', 'meta' or 'classic'; got binary"),
      }),
    );
  });
});
