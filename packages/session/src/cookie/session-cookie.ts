import { stringifySetCookie, type SetCookie } from 'cookie';
import type { ResolvedCookie, SecureMode } from '../options/options.ts';

/**
 * Name of the cookie if browsers accept the `__Host-` prefix: secure, path `/`, no domain. Another host can't set such
 * a cookie.
 */
const HOST_NAME = '__Host-sess';
const PLAIN_NAME = 'sess';

/** The name and the `Set-Cookie` values of the session's cookie, on a secure and on a plain connection. */
export interface SessionCookie {
  /** The cookie's name on such a connection. */
  name(secure: boolean): string;
  /** A `Set-Cookie` value; without `maxAgeSeconds` the browser drops the cookie when it closes. */
  set(value: string, secure: boolean, maxAgeSeconds: number | undefined): string;
  /** A `Set-Cookie` value that makes the browser drop the cookie. */
  clear(secure: boolean): string;
}

/** Builds the cookie's names and attributes from the options. */
export function sessionCookie(mode: SecureMode, options: ResolvedCookie): SessionCookie {
  const attributes = (secure: boolean): SetCookie => ({
    name: name(secure),
    value: '',
    path: options.path,
    httpOnly: true,
    // Browsers refuse `None` without `Secure`, but accept `Lax` over plain HTTP; other sites can't embed the
    // application there.
    sameSite: options.sameSite === 'none' && !isSecure(secure) ? 'lax' : options.sameSite,
    secure: isSecure(secure),
    ...(options.partitioned && isSecure(secure) ? { partitioned: true } : {}),
    ...(options.domain === undefined ? {} : { domain: options.domain }),
  });
  const isSecure = (connection: boolean): boolean => (mode === 'auto' ? connection : mode);
  const name = (connection: boolean): string => {
    if (options.name !== undefined) return options.name;
    return isSecure(connection) && options.path === '/' && options.domain === undefined ? HOST_NAME : PLAIN_NAME;
  };
  const [plain, secured] = [withoutMaxAge(attributes(false)), withoutMaxAge(attributes(true))];
  return {
    name,
    set(value, secure, maxAgeSeconds) {
      if (maxAgeSeconds === undefined) return (secure ? secured : plain)(value);
      return stringifySetCookie({ ...attributes(secure), value, maxAge: maxAgeSeconds });
    },
    clear: (secure) => stringifySetCookie({ ...attributes(secure), maxAge: 0, expires: new Date(0) }),
  };
}

/** Writes the attributes once: without `Max-Age` only the value differs, and an id with its signature needs no escapes. */
function withoutMaxAge(cookie: SetCookie): (value: string) => string {
  const written = stringifySetCookie(cookie);
  const [beginning, attributes] = [written.slice(0, cookie.name.length + 1), written.slice(cookie.name.length + 1)];
  return (value) => beginning + value + attributes;
}
