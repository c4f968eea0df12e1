import type { TransportOptions } from '@sess/client';
import { describe, expect, it } from 'vitest';
import { checkNodeOptions, resolveReconnect } from './options.ts';

const NODE = { id: '10.0.0.1:11211', host: '10.0.0.1', port: 11211 };
const OPTIONS: TransportOptions = {
  timeoutMs: 500,
  connectTimeoutMs: 1_000,
  tls: false,
  credentials: undefined,
  maxInFlight: 1_000,
  maxQueuedBytes: 1_000_000,
  maxValueBytes: 1_000_000,
};

describe('options of memjsTransport', () => {
  it('have defaults', () => {
    expect(resolveReconnect({})).toEqual({ minMs: 50, maxMs: 2_000 });
  });

  it.each([
    { reconnectMinMs: 0 },
    { reconnectMinMs: 1.5 },
    { reconnectMaxMs: Number.NaN },
    { reconnectMaxMs: Infinity },
    { reconnectMinMs: 100, reconnectMaxMs: 99 },
    { reconectMaxMs: 99 },
    new Map(),
    null,
    { reconnectMinMs: 'memcached://user:S3CRET@a' },
    { reconnectMinMs: Object.create(null) as number },
    { 'memcached://user:S3CRET@a': 1 },
    Object.defineProperty({}, 'reconnectMinMs', {
      enumerable: true,
      get() {
        throw new Error('S3CRET');
      },
    }),
  ])('are refused where they are given, and not shown (%#)', (options) => {
    expect(() => resolveReconnect(options as object)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(/^(?!.*S3CRET)/s) }),
    );
  });
});

describe('options of a node', () => {
  it('are taken as they are when nothing is wrong with them', () => {
    expect(() =>
      checkNodeOptions(NODE, { ...OPTIONS, tls: {}, credentials: { username: 'ü', password: 'p w' } }),
    ).not.toThrow();
  });

  it.each(['', 'a\0b'])('refuse credentials that SASL PLAIN or memjs would take for others: %j', (text) => {
    const refusal = expect.objectContaining({
      code: 'SESS_BAD_OPTION',
      message: expect.stringContaining('without NUL'),
    });
    expect(() => checkNodeOptions(NODE, { ...OPTIONS, credentials: { username: text, password: 'p' } })).toThrow(
      refusal,
    );
    expect(() => checkNodeOptions(NODE, { ...OPTIONS, credentials: { username: 'u', password: text } })).toThrow(
      refusal,
    );
  });

  it('refuse keys and certificates that cannot be read', () => {
    expect(() => checkNodeOptions(NODE, { ...OPTIONS, tls: { ca: 'no certificate' } })).not.toThrow();
    expect(() => checkNodeOptions(NODE, { ...OPTIONS, tls: { cert: 'no certificate', key: 'no key' } })).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
    );
  });

  it.each([0, 65_536, 1.5, Number.NaN])('refuse port %d, unless there is the path of a socket', (port) => {
    expect(() => checkNodeOptions({ ...NODE, port }, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION' }),
    );
    expect(() => checkNodeOptions({ ...NODE, port, path: '/run/memcached.sock' }, OPTIONS)).not.toThrow();
  });
});
