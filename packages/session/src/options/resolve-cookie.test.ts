import { describe, expect, it } from 'vitest';
import type { SecureMode } from './options.ts';
import { resolveCookie } from './resolve-cookie.ts';

describe('cookie options', () => {
  it.each<[string, Record<string, unknown>, SecureMode, RegExp]>([
    ['a name with a space', { name: 'my sess' }, 'auto', /"cookie.name" is 'my sess'/],
    ['an empty name', { name: '' }, 'auto', /"cookie.name" is ''/],
    ['a name with a semicolon', { name: 'a;b' }, 'auto', /"cookie.name"/],
    ['__Host- that may be plain', { name: '__Host-app' }, 'auto', /"secure: true" with the prefix __Host-/],
    ['__Host- with a domain', { name: '__Host-app', domain: 'example.com' }, true, /path "\/" and no domain/],
    ['__Host- with a path', { name: '__host-app', path: '/x' }, true, /path "\/" and no domain/],
    ['__Secure- that is plain', { name: '__Secure-app' }, false, /"secure: true" with the prefix __Secure-/],
    ['SameSite=None without Secure', { sameSite: 'none' }, false, /browsers refuse SameSite=None without Secure/],
    ['a path that is relative', { path: 'shop' }, 'auto', /"cookie.path" is 'shop'/],
    ['a path with a semicolon', { path: '/;Secure' }, 'auto', /no Set-Cookie header can carry/],
    ['a domain with a line break', { domain: 'a\r\nb' }, 'auto', /no Set-Cookie header can carry/],
    ['more than 4,096 bytes', { name: 'x'.repeat(4_000) }, 'auto', /within 4096 bytes/],
    [
      'a path that browsers would ignore',
      { path: `/${'x'.repeat(1_024)}` },
      'auto',
      /"cookie.path" .* at most 1024 bytes/,
    ],
    ['Partitioned without Secure', { partitioned: true }, false, /browsers refuse Partitioned without Secure/],
    [
      'something else as partitioned',
      { partitioned: 'yes' },
      'auto',
      /"cookie.partitioned" is 'yes'; expected true, false/,
    ],
    [
      'a slip of the pen',
      { samesite: 'lax' },
      'auto',
      /unknown option "cookie.samesite": did you mean "cookie.sameSite"\?/,
    ],
    ['maxAge', { maxAge: 60 }, 'auto', /unknown option "cookie.maxAge": /],
    [
      'a domain that is everybody’s',
      { domain: 'com' },
      'auto',
      /"cookie.domain" is 'com'; expected a domain that somebody can register/,
    ],
    ['a domain that is everybody’s, with a dot', { domain: '.com' }, 'auto', /"cookie.domain" is '\.com'/],
    ['a domain that is everybody’s, in capitals', { domain: 'Co.UK' }, 'auto', /"cookie.domain" is 'Co\.UK'/],
    ['a domain under which others have sites', { domain: 'github.io' }, 'auto', /"cookie.domain" is 'github\.io'/],
    ['a domain that is everybody’s, by a wildcard', { domain: 'bd' }, 'auto', /"cookie.domain" is 'bd'/],
    [
      'a domain that is everybody’s, in another script',
      { domain: 'xn--p1ai' },
      'auto',
      /"cookie.domain" is 'xn--p1ai'/,
    ],
    ['a domain of one word', { domain: 'localhost' }, 'auto', /for one host alone leave it out/],
    ['an address as a domain', { domain: '127.0.0.1' }, 'auto', /no public suffix, single word or address/],
  ])('refuse %s', (_, options, secure, message) => {
    expect(() => resolveCookie(options, secure)).toThrow(
      expect.objectContaining({ code: 'SESS_BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it.each([[], null, 'lax'])('refuse a value that is not an object: %j', (given) => {
    expect(() => resolveCookie(given as never, 'auto')).toThrow(/option "cookie" is .*; expected an object/);
  });

  it.each(['example.com', '.example.com', 'shop.example.co.uk', 'me.github.io', 'shop.internal', 'www.ck'])(
    'take the domain %s',
    (domain) => {
      expect(resolveCookie({ domain }, 'auto').domain).toBe(domain);
    },
  );

  it('accept a prefix with matching attributes', () => {
    expect(resolveCookie({ name: '__Host-app' }, true).name).toBe('__Host-app');
    expect(resolveCookie({ name: '__Secure-app', domain: 'example.com' }, true).name).toBe('__Secure-app');
  });
});
