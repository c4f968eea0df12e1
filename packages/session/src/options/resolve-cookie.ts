import { inspect } from 'node:util';
import { stringifySetCookie } from 'cookie';
import { parse as parseHost } from 'tldts';
import { COOKIE_VALUE_LENGTH } from '../cookie/cookie-signature.ts';
import { badOption, checkUnknown, isObject, oneOf } from './option-checks.ts';
import type { CookieOptions, ResolvedCookie, SecureMode, SessionsOptions } from './options.ts';

const NAMES: Readonly<Record<keyof CookieOptions, true>> = {
  name: true,
  path: true,
  domain: true,
  sameSite: true,
  secure: true,
  persistent: true,
  partitioned: true,
};

/** A token of RFC 9110, which every server and proxy accepts as a cookie's name. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a header can carry as the value of `Path`. */
const PATH = /^[\u0020-\u003A\u003D-\u007E]*$/;

/** Browsers drop a cookie whose name, value and attributes are longer (RFC 6265bis, OWASP ASVS 3.3.5). */
const MAX_COOKIE_BYTES = 4_096;

/**
 * Browsers ignore an attribute whose value is longer (RFC 6265bis, 5.6), so the cookie would get another path or
 * domain.
 */
const MAX_ATTRIBUTE_BYTES = 1_024;

/**
 * Whether cookies are `Secure`; two options may say so.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveSecure(options: SessionsOptions): SecureMode {
  const modes = ['auto', true, false] as const;
  const beside = oneOf('secure', options.secure, modes);
  const inside = oneOf('cookie.secure', options.cookie?.secure, modes);
  if (beside !== undefined && inside !== undefined && beside !== inside) {
    throw badOption('cookie.secure', inside, `the same as "secure" (${inspect(beside)}), or one of them only`);
  }
  return beside ?? inside ?? 'auto';
}

/**
 * Checks for cookies that browsers would silently refuse.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveCookie(given: CookieOptions | undefined, secure: SecureMode): ResolvedCookie {
  if (given !== undefined && !isObject(given)) {
    throw badOption('cookie', given, 'an object, such as { sameSite: "strict" }');
  }
  const options = given ?? {};
  checkUnknown(options, Object.keys(NAMES), 'cookie.');
  const cookie: ResolvedCookie = {
    name: options.name,
    path: options.path ?? '/',
    domain: options.domain,
    sameSite: oneOf('cookie.sameSite', options.sameSite, ['lax', 'strict', 'none']) ?? 'lax',
    persistent: oneOf('cookie.persistent', options.persistent, [true, false]) ?? false,
    partitioned: oneOf('cookie.partitioned', options.partitioned, [true, false]) ?? false,
  };
  checkText(cookie);
  checkDomain(cookie.domain);
  checkPrefix(cookie, secure);
  if (cookie.sameSite === 'none' && secure === false) {
    throw badOption(
      'cookie.sameSite',
      'none',
      '"lax" or "strict" with "secure: false": browsers refuse SameSite=None without Secure',
    );
  }
  if (cookie.partitioned && secure === false) {
    throw badOption(
      'cookie.partitioned',
      true,
      'false with "secure: false": browsers refuse Partitioned without Secure',
    );
  }
  return Object.freeze(cookie);
}

function checkText({ name, path, domain }: ResolvedCookie): void {
  if (name !== undefined && !(typeof name === 'string' && TOKEN.test(name))) {
    throw badOption('cookie.name', name, "letters, digits and !#$%&'*+-.^_`|~");
  }
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw badOption('cookie.path', path, 'a path that begins with "/"');
  if (domain !== undefined && (typeof domain !== 'string' || domain === ''))
    throw badOption('cookie.domain', domain, 'a host name, such as "example.com"');
  for (const [attribute, value] of Object.entries({ path, domain: domain ?? '' })) {
    if (Buffer.byteLength(value) > MAX_ATTRIBUTE_BYTES) {
      throw badOption(
        `cookie.${attribute}`,
        value,
        `at most ${MAX_ATTRIBUTE_BYTES} bytes: browsers ignore a longer one`,
      );
    }
  }
  let longest: string;
  try {
    longest = stringifySetCookie({
      name: name ?? '__Host-sess',
      value: 'x'.repeat(COOKIE_VALUE_LENGTH),
      path,
      maxAge: Number.MAX_SAFE_INTEGER,
      expires: new Date(0),
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      partitioned: true,
      ...(domain === undefined ? {} : { domain }),
    });
  } catch {
    // Without the cause, which quotes the values.
    throw PATH.test(path)
      ? badOption(
          'cookie.domain',
          domain,
          'a host name, such as "example.com", without a scheme, port or path: no Set-Cookie header can carry those',
        )
      : badOption('cookie.path', path, 'a path of ASCII without ";" and "<": no Set-Cookie header can carry another');
  }
  if (Buffer.byteLength(longest) > MAX_COOKIE_BYTES) {
    throw badOption(
      'cookie',
      { name, path, domain },
      `name, path and domain with which a cookie stays within ${MAX_COOKIE_BYTES} bytes`,
    );
  }
}

/**
 * Browsers refuse a cookie for all of `com` or `co.uk`; a browser that accepted it would send the session to every site
 * there.
 */
function checkDomain(domain: string | undefined): void {
  if (domain === undefined || parseHost(domain, { allowPrivateDomains: true }).domain !== null) return;
  throw badOption(
    'cookie.domain',
    domain,
    'a domain that somebody can register, such as "example.com", and no public suffix, single word or address; for one host alone leave it out',
  );
}

/** Browsers refuse a cookie whose attributes do not match its prefix. */
function checkPrefix({ name, path, domain }: ResolvedCookie, secure: SecureMode): void {
  if (name === undefined) return;
  const prefix = /^__(Host|Secure)-/i.exec(name)?.[0].toLowerCase();
  if (prefix === undefined) return;
  if (secure !== true) {
    throw badOption(
      'cookie.name',
      name,
      `"secure: true" with the prefix ${name.slice(0, prefix.length)}, or a name without it`,
    );
  }
  if (prefix === '__host-' && (path !== '/' || domain !== undefined)) {
    throw badOption('cookie.name', name, 'path "/" and no domain with the prefix __Host-, or a name without it');
  }
}
