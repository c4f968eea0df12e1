import { cookieSigner, storageKey } from '@sess/session';

/** The parts of a session cookie, without the id: the id alone gives access to the session. */
export interface CookieReading {
  readonly key: string;
  readonly signature: 'good' | 'bad' | 'unchecked';
}

/** Parses `name=<id>.<signature>`, or `<id>.<signature>` without the name. */
const COOKIE = /^(?:(?:cookie:\s*)?(?<name>[\w-]+)=)?(?<value>(?<id>[\w-]{32})\.[\w-]{43})$/i;
/** The adapters' default name. */
const USUAL_NAMES = ['__Host-sess', 'sess'];

/** The storage key of a cookie's session; `undefined` if the text is not a session cookie. */
export function keyOfCookie(text: string, keyPrefix: string, secret: string | undefined): CookieReading | undefined {
  const { name, value, id } = COOKIE.exec(text)?.groups ?? {};
  if (value === undefined || id === undefined) return undefined;
  const key = storageKey(keyPrefix, id);
  if (secret === undefined || secret === '') return { key, signature: 'unchecked' };
  const signer = cookieSigner([secret]);
  const names = name === undefined ? USUAL_NAMES : [name];
  return { key, signature: names.some((known) => signer.verify(known, value) !== undefined) ? 'good' : 'bad' };
}
