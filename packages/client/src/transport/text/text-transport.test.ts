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

  it.each([null, Symbol('meta'), Object.create(null), 5n, 'memcached://user:S3CRET@10.0.0.1'])(
    'refuses a dialect that is no word, without showing it (%#)',
    (dialect) => {
      expect(() => textTransport({ dialect: dialect as 'meta' })).toThrow(
        expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(/^(?!.*S3CRET).*; got /) }),
      );
    },
  );

  it('refuses options that throw when they are read', () => {
    const options = {
      get dialect(): 'meta' {
        throw new Error('S3CRET');
      },
    };
    expect(() => textTransport(options)).toThrow(
      expect.objectContaining({
        code: 'SESS_BAD_OPTION',
        message: expect.stringMatching(/^(?!.*S3CRET).*threw an error/),
      }),
    );
  });
});
