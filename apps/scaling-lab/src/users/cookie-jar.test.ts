import { describe, expect, it } from 'vitest';
import { CookieJar } from './cookie-jar.ts';

describe('CookieJar', () => {
  it('sends back what was set, and nothing of its attributes', () => {
    const jar = new CookieJar();
    jar.store(['sess=a.b=; Path=/; HttpOnly; SameSite=Lax', 'theme=dark']);
    expect(jar.header).toBe('sess=a.b=; theme=dark');
  });

  it('has no header before anything was set, and after clear', () => {
    const jar = new CookieJar();
    expect(jar.header).toBeUndefined();
    jar.store('sess=1');
    jar.clear();
    expect(jar.header).toBeUndefined();
  });

  it('replaces a cookie that is set again', () => {
    const jar = new CookieJar();
    jar.store('sess=1');
    jar.store('sess=2');
    expect(jar.header).toBe('sess=2');
  });

  it('drops a cookie that is cleared by Max-Age or Expires', () => {
    const jar = new CookieJar();
    jar.store(['a=1', 'b=1', 'c=1']);
    jar.store(['a=; Max-Age=0', 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'c=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    expect(jar.header).toBe('c=2');
  });

  it('does not take a Secure cookie: the apps are on plain HTTP', () => {
    const jar = new CookieJar();
    jar.store('__Host-sess=1; Path=/; Secure');
    expect(jar.header).toBeUndefined();
  });

  it('passes over what is no cookie', () => {
    const jar = new CookieJar();
    jar.store(['', 'nonsense', '=x']);
    jar.store(undefined);
    expect(jar.header).toBeUndefined();
  });
});
