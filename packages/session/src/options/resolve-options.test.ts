import { describe, expect, it } from 'vitest';
import { memoryBacking } from '../stores/backed/memory-backing.ts';
import { memoryStore } from '../stores/memory-store.ts';
import type { SessionsOptions } from './options.ts';
import { resolveOptions } from './resolve-options.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const store = memoryStore();

function resolve(options: Partial<SessionsOptions>) {
  return resolveOptions({ store, secret: SECRET, ...options });
}

function sourceOf(options: Partial<SessionsOptions>) {
  return resolve({ store: undefined, ...options }).source;
}

describe('options', () => {
  it('have these defaults', () => {
    expect(resolve({})).toMatchObject({
      secrets: [SECRET],
      ttlSeconds: 3_600,
      absoluteTtlSeconds: 604_800,
      renewAfterSeconds: undefined,
      touchAfterSeconds: 360,
      maxBytes: 65_536,
      keyPrefix: 's/',
      secure: 'auto',
      cookie: { name: undefined, path: '/', domain: undefined, sameSite: 'lax', persistent: false, partitioned: false },
    });
  });

  it('are frozen, and what was given is left alone', () => {
    const given = Object.freeze({ store, secret: Object.freeze([SECRET]), cookie: Object.freeze({}) });
    const resolved = resolveOptions(given);
    expect([resolved, resolved.secrets, resolved.cookie].every(Object.isFrozen)).toBe(true);
  });

  it('take undefined for left out, as an unset environment variable gives it', () => {
    expect(
      resolve({ ttlSeconds: undefined, cookie: undefined, servers: undefined, keyPrefix: undefined }).ttlSeconds,
    ).toBe(3_600);
  });

  it('take secure beside cookie, or inside', () => {
    expect(resolve({ secure: false }).secure).toBe(false);
    expect(resolve({ cookie: { secure: false } }).secure).toBe(false);
    expect(resolve({ secure: true, cookie: { secure: true } }).secure).toBe(true);
  });

  it('take those of the client that is opened here', () => {
    const discovery = { watch: () => Promise.reject(new Error('not to be asked')) } as never;
    expect(sourceOf({ servers: 'memcached://a', client: { copies: 2 } })).toEqual({
      kind: 'servers',
      client: { servers: 'memcached://a', copies: 2 },
    });
    expect(sourceOf({ servers: ['a:1', 'b:1'], client: {} })).toEqual({
      kind: 'servers',
      client: { servers: ['a:1', 'b:1'] },
    });
    expect(sourceOf({ client: { discovery, copies: 2 } })).toEqual({
      kind: 'servers',
      client: { discovery, copies: 2 },
    });
    expect(sourceOf({ client: { servers: 'memcached://a' } })).toEqual({
      kind: 'servers',
      client: { servers: 'memcached://a' },
    });
  });

  it('touch short sessions on every request', () => {
    expect(resolve({ ttlSeconds: 9 }).touchAfterSeconds).toBe(0);
  });
});

describe('a wrong option', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'no secret',
      { secret: undefined },
      /"secret" is missing; expected .*at least 32 bytes.*environment variable unset\?.*randomBytes\(32\)/,
    ],
    [
      'a secret that is too short',
      { secret: 'short' },
      /"secret" has 5 bytes; expected at least 32.*randomBytes\(32\)/,
    ],
    ['one of several that is too short', { secret: [SECRET, 'short'] }, /"secret\[1\]" has 5 bytes/],
    ['no secret in the list', { secret: [] }, /"secret" is an empty array; expected a string/],
    ['a number as a secret', { secret: 12_345 }, /"secret" is a number; expected a string of at least 32 bytes/],
    ['bytes as a secret', { secret: Buffer.alloc(32) }, /"secret" is a Buffer; expected a string/],
    ['something else as one of several', { secret: [SECRET, null] }, /"secret\[1\]" is null; expected a string/],
    ['a switch in place of options', { encrypt: true }, /"encrypt" is true; expected \{ secret \}/],
    [
      'a URL as the domain of the cookie',
      { cookie: { domain: 'https://shop.example.com' } },
      /"cookie.domain" is a text of 24 characters; expected a host name, such as "example.com", without a scheme/,
    ],
    ['a domain with an empty label', { cookie: { domain: 'a..example.com' } }, /"cookie.domain" is 'a..example.com'/],
    ['a path that no header can carry', { cookie: { path: '/a;b' } }, /"cookie.path" is '\/a;b'; expected/],
    ['a fraction of a second', { ttlSeconds: 1.5 }, /"ttlSeconds" is 1.5; expected a whole number of seconds/],
    ['a time as text', { ttlSeconds: '3600' }, /"ttlSeconds" is '3600'; expected a whole number/],
    ['no time at all', { ttlSeconds: 0 }, /"ttlSeconds" is 0/],
    ['milliseconds for seconds', { ttlSeconds: 3_600_000_000 }, /"ttlSeconds" is 3600000000/],
    [
      'an idle timeout over the absolute one',
      { ttlSeconds: 2_592_000 },
      /at most absoluteTtlSeconds \(604800, its default\)/,
    ],
    [
      'a touch that comes too late',
      { touchAfterSeconds: 3_600 },
      /"touchAfterSeconds" is 3600; expected less than ttlSeconds/,
    ],
    ['a renewal that never comes', { renewAfterSeconds: 604_800 }, /less than absoluteTtlSeconds/],
    ['a slip of the pen', { ttlSecond: 60 }, /unknown option "ttlSecond": did you mean "ttlSeconds"\?/],
    [
      'an option of another package',
      { saveUninitialized: true },
      /unknown option "saveUninitialized": the options are client, servers/,
    ],
    [
      'more than memcached takes',
      { maxBytes: 2_000_000 },
      /"maxBytes" is 2000000; expected a whole number of bytes, 1 to 1000000/,
    ],
    ['a prefix that is no key', { keyPrefix: 'a b' }, /"keyPrefix" is 'a b'/],
    ['a prefix that is too long', { keyPrefix: 'thirteen-long' }, /up to 12 characters/],
    [
      'a policy that there is not',
      { onUnavailable: 'retry' },
      /"onUnavailable" is 'retry'; expected 'error', 'anonymous'/,
    ],
    ['a mode that there is not', { secure: 'always' }, /"secure" is 'always'; expected 'auto', true, false/],
    [
      'two modes',
      { secure: true, cookie: { secure: false } },
      /"cookie.secure" is false; expected the same as "secure" \(true\)/,
    ],
    ['no store', { store: undefined }, /exactly one of .*; none of them came/],
    ['two stores', { servers: 'memcached://127.0.0.1' }, /servers and store came/],
    ['a store that is none', { store: {} }, /"store" is \{\}; expected a SessionStore, such as memoryStore\(\)/],
    ['a client that is none', { store: undefined, client: {} }, /"client" is .*createClient/],
    [
      'an option of the client',
      { copies: 2 },
      /"copies": it is one of the client. Beside "servers", write client: \{ copies: … \}/,
    ],
    [
      'another one',
      { timeoutMs: 5, store: undefined, servers: 'memcached://a' },
      /"timeoutMs": it is one of the client/,
    ],
    [
      'options of a client without a cluster',
      { store: undefined, client: { copies: 2 } },
      /"client" is \{ copies: '…' \}; expected a client .* beside "servers"/,
    ],
    ['options of a client beside a store', { client: { copies: 2 } }, /expected nothing beside "store"/],
    ['another client', { store: undefined, client: { get() {} } }, /expected a client that createClient/],
    [
      'a list of clients',
      { store: undefined, servers: 'memcached://a', client: [] },
      /expected a client that createClient/,
    ],
    [
      'two lists',
      { store: undefined, servers: 'memcached://a', client: { servers: ['a:1'] } },
      /"servers" in one place/,
    ],
    ['an empty list', { store: undefined, servers: [] }, /"servers" is \[\]; expected a URL/],
    ["the client's own prefix", { keyPrefix: '@sess/x' }, /the client keeps for itself/],
    ['an empty URL', { store: undefined, servers: '' }, /"servers" is ''; expected a URL/],
    ['a clock that is none', { now: 5 }, /"now" is 5/],
    ['a clock that tells nothing', { now: () => undefined }, /"now" is a function; expected .*; it returned undefined/],
    ['a clock that is not a number', { now: () => NaN }, /"now" is a function; expected .*; it returned NaN/],
    ...[new Date(), new Map(), new URL('http://a'), [], () => ({})].flatMap((value) =>
      ['cookie', 'compress', 'encrypt'].map((name): [string, Record<string, unknown>, RegExp] => [
        `${name} of a class`,
        { [name]: value },
        new RegExp(`"${name}" is `),
      ]),
    ),
    ...[new Date(), new Map(), new URL('http://a'), []].map((client): [string, Record<string, unknown>, RegExp] => [
      'a client that is none',
      { store: undefined, servers: 'memcached://a', client },
      /"client" is (a|\[\])/,
    ]),
    ['limits of a class', { backing: memoryBacking(), backingLimits: new Map() }, /"backingLimits" is a Map/],
  ])('is told of: %s', (_, options, message) => {
    expect(() => resolve(options)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('is reported if there are no options at all', () => {
    // @ts-expect-error -- what a caller without types may do
    expect(() => resolveOptions(undefined)).toThrow(/expected an object/);
  });

  it('never shows a secret', () => {
    for (const secret of ['hunter2', ['hunter2'], { hunter2: 1 }]) {
      expect(() => resolve({ secret } as unknown as SessionsOptions)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
    }
  });

  it('never shows what stands in the options of a client', () => {
    const client = { historySecret: 'hunter2', credentials: { username: 'hunter2', password: 'hunter2' } };
    for (const options of [{ store: undefined, client }, { client }]) {
      expect(() => resolve(options)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
    }
  });

  it('is reported if a policy function returns something else', () => {
    const { onUnavailable } = resolve({ onUnavailable: () => 'later' as 'error' });
    expect(() => onUnavailable(new Error() as never)).toThrow(/"onUnavailable" is 'later'/);
  });
});
