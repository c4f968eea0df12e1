import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSessions } from '../create-sessions.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const PASSWORD = 'pa55W0RD';
const URL_WITH_PASSWORD = `memcached://user:${PASSWORD}@10.0.0.1:11211`;
const servers = 'memcached://10.0.0.1:11211';

/** A password in the places where somebody may put it by mistake. */
const SLIPS: readonly Record<string, unknown>[] = [
  { servers: `${URL_WITH_PASSWORD}99` },
  { servers: `memcache://user:${PASSWORD}@10.0.0.1:11211` },
  { servers: `user:${PASSWORD}@10.0.0.1:11211 x` },
  { servers: [URL_WITH_PASSWORD] },
  { servers: { password: PASSWORD } },
  { client: URL_WITH_PASSWORD },
  { client: { credentials: { password: PASSWORD } } },
  { servers, client: { credentials: PASSWORD } },
  { store: URL_WITH_PASSWORD },
  { store: { password: PASSWORD } },
  { servers, backing: `postgres://user:${PASSWORD}@10.0.0.1/shop` },
  { servers, backing: { pool: { password: PASSWORD }, password: PASSWORD } },
  { servers, backingLimits: { timeoutMs: { password: PASSWORD } } },
  { servers, pool: { password: PASSWORD } },
  { servers, codec: { key: PASSWORD } },
  { servers, compress: PASSWORD },
  { servers, cookie: PASSWORD },
  { servers, encrypt: PASSWORD },
  { servers, encrypt: { secret: PASSWORD } },
  { servers, secret: PASSWORD },
  { servers, secret: [SECRET, PASSWORD] },
  { servers, encrypt: { secret: [PASSWORD] } },
  { servers, client: { historySecret: PASSWORD } },
  { servers, log: PASSWORD },
  { servers, userOf: PASSWORD },
  { servers, now: { password: PASSWORD } },
  { servers, onUnavailable: { password: PASSWORD } },
  { servers, ttlSeconds: { password: PASSWORD } },
  { servers: { [URL_WITH_PASSWORD]: true } },
  { servers, [URL_WITH_PASSWORD]: true },
  { servers, client: { [URL_WITH_PASSWORD]: true } },
  { servers, cookie: { [URL_WITH_PASSWORD]: true } },
  { servers: `memcached://user:${PASSWORD}` },
  { servers: `memcached://10.0.0.1:11211/${PASSWORD}` },
  // The password as the value of each option whose error shows the value.
  ...[
    'ttlSeconds',
    'absoluteTtlSeconds',
    'touchAfterSeconds',
    'renewAfterSeconds',
    'graceSeconds',
    'maxBytes',
    'keyPrefix',
    'secure',
    'onUnavailable',
    'onConflict',
    'writePolicy',
  ].flatMap((name) =>
    [URL_WITH_PASSWORD, `user:${PASSWORD}@10.0.0.1`, `10.0.0.1?password=${PASSWORD}`].map((slip) => ({
      servers,
      [name]: slip,
    })),
  ),
  ...['name', 'path', 'domain', 'sameSite', 'secure'].map((name) => ({
    servers,
    cookie: { [name]: URL_WITH_PASSWORD },
  })),
  { servers, codec: { name: URL_WITH_PASSWORD, encode: () => new Uint8Array(), decode: () => ({}) } },
  { servers, compress: { algorithm: URL_WITH_PASSWORD } },
  { servers, encrypt: { secret: SECRET, plain: URL_WITH_PASSWORD } },
  { servers, backing: { load: () => undefined }, writePolicy: URL_WITH_PASSWORD },
];

describe('an error of an option', () => {
  it.each(SLIPS.map((options, index) => [Object.keys(options).at(-1) ?? '', index, options] as const))(
    'does not show the password in %s (%i)',
    (_, _index, options) => {
      let error: unknown;
      try {
        createSessions({ secret: SECRET, ...options });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'SESS_BAD_OPTION' });
      expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain(PASSWORD);
    },
  );
});
