import { describe, expect, it } from 'vitest';
import { resolveCookie } from '../options/resolve-cookie.ts';
import { sessionCookie } from './session-cookie.ts';
import type { CookieOptions, SecureMode } from '../options/options.ts';

function cookie(mode: SecureMode, options: CookieOptions = {}) {
  return sessionCookie(mode, resolveCookie(options, mode));
}

describe('the session cookie', () => {
  it('is HttpOnly, Secure, SameSite=Lax, for the host alone, and ends with the browser', () => {
    expect(cookie('auto').set('value', true, undefined)).toBe(
      '__Host-sess=value; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
  });

  it('has neither Secure nor the prefix on a plain connection', () => {
    expect(cookie('auto').set('value', false, undefined)).toBe('sess=value; Path=/; HttpOnly; SameSite=Lax');
  });

  it('is Secure on every connection where told so, for a proxy that ends TLS unnoticed', () => {
    expect(cookie(true).set('value', false, undefined)).toBe(
      '__Host-sess=value; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
    expect(cookie(false).set('value', true, undefined)).toBe('sess=value; Path=/; HttpOnly; SameSite=Lax');
  });

  it('leaves out the prefix where browsers would refuse it', () => {
    expect(cookie(true, { path: '/shop' }).name(true)).toBe('sess');
    expect(cookie(true, { domain: 'example.com' }).name(true)).toBe('sess');
    expect(cookie(true, { name: 'app' }).name(true)).toBe('app');
  });

  it('carries what the options say', () => {
    const written = cookie(true, {
      name: 'app',
      path: '/shop',
      domain: 'example.com',
      sameSite: 'strict',
      persistent: true,
    });
    expect(written.set('value', true, 60)).toBe(
      'app=value; Max-Age=60; Domain=example.com; Path=/shop; HttpOnly; Secure; SameSite=Strict',
    );
  });

  it('is partitioned where told so, and only where it is Secure', () => {
    const partitioned = cookie('auto', { sameSite: 'none', partitioned: true });
    expect(partitioned.set('value', true, undefined)).toBe(
      '__Host-sess=value; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
    );
    expect(partitioned.clear(true)).toContain('; Partitioned');
    expect(partitioned.set('value', false, undefined)).not.toContain('Partitioned');
  });

  it('is never SameSite=None or Partitioned without Secure, whatever the options and the connection', () => {
    for (const mode of ['auto', true, false] as const) {
      for (const sameSite of ['lax', 'strict', 'none'] as const) {
        for (const partitioned of [true, false]) {
          if (mode === false && (partitioned || sameSite === 'none')) continue;
          const written = cookie(mode, { sameSite, partitioned });
          for (const secure of [true, false]) {
            for (const header of [written.set('value', secure, 60), written.clear(secure)]) {
              if (!header.includes('Secure')) expect(header).not.toMatch(/SameSite=None|Partitioned/);
            }
          }
        }
      }
    }
    expect(cookie('auto', { sameSite: 'none' }).set('value', false, undefined)).toBe(
      'sess=value; Path=/; HttpOnly; SameSite=Lax',
    );
  });

  it('is cleared with the attributes with which it was set', () => {
    expect(cookie('auto').clear(true)).toBe(
      '__Host-sess=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    );
  });
});
