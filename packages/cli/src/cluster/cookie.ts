import { cookieSigner, storageKey } from '@sess/session';

/** What a cookie says. Its id is not kept: whoever has it has the session. */
export interface CookieReading {
  readonly key: string;
  readonly signature: 'good' | 'bad' | 'unchecked';
}

/** `name=<id>.<signature>`, or what stands behind the name alone. */
const COOKIE = /^(?:(?:cookie:\s*)?(?<name>[\w-]+)=)?(?<value>(?<id>[\w-]{32})\.[\w-]{43})$/i;
/** What the adapters call it unless they are told otherwise. */
const USUAL_NAMES = ['__Host-sess', 'sess'];

/** The storage key that a cookie leads to; `undefined` for what is no cookie. */
export function keyOfCookie(text: string, keyPrefix: string, secret: string | undefined): CookieReading | undefined {
  const { name, value, id } = COOKIE.exec(text)?.groups ?? {};
  if (value === undefined || id === undefined) return undefined;
  const key = storageKey(keyPrefix, id);
  if (secret === undefined || secret === '') return { key, signature: 'unchecked' };
  const signer = cookieSigner([secret]);
  const names = name === undefined ? USUAL_NAMES : [name];
  return { key, signature: names.some((known) => signer.verify(known, value) !== undefined) ? 'good' : 'bad' };
}
