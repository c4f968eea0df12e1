import { cookieValues } from './cookie-header.ts';
import type { CookieSigner } from './cookie-signature.ts';
import { detached, RecentCookies } from './recent-cookies.ts';
import type { Identity } from '../lifecycle/session-context.ts';
import type { SessionCookie } from './session-cookie.ts';
import { storageKey } from './session-id.ts';

/**
 * Most sessions that are loaded for one request, so that one request can't cost many reads. Cookies with an invalid
 * signature don't count.
 */
const MAX_IDENTITIES = 16;

/** Finds the sessions that a request may use. */
export interface RequestIdentities {
  /** The sessions that cookies with a valid signature name; nothing else in the header is used. */
  in(cookieHeader: string, secure: boolean): readonly Identity[];
}

/** Reads `Cookie` headers for the sessions of one application. */
export function requestIdentities(cookie: SessionCookie, signer: CookieSigner, keyPrefix: string): RequestIdentities {
  const plain = reader(cookie.name(false), signer, keyPrefix);
  const secure = cookie.name(true) === cookie.name(false) ? plain : reader(cookie.name(true), signer, keyPrefix);
  return { in: (header, isSecure) => (isSecure ? secure : plain)(header) };
}

function reader(name: string, signer: CookieSigner, keyPrefix: string): (header: string) => readonly Identity[] {
  const recent = new RecentCookies();
  const verified = (value: string): Identity | undefined => {
    const found = signer.verify(name, value);
    if (found === undefined) return undefined;
    const id = detached(found.id);
    const identity = { id, key: storageKey(keyPrefix, id), rotated: found.rotated };
    recent.remember(value, identity);
    return identity;
  };
  return (header) => {
    const values = cookieValues(header, name);
    const identities: Identity[] = [];
    for (const value of values) {
      const identity = recent.find(value) ?? verified(value);
      if (identity !== undefined) identities.push(identity);
      if (identities.length === MAX_IDENTITIES) break;
    }
    return identities;
  };
}
