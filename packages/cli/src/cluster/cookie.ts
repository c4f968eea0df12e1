import { cookieSigner, storageKey } from '@sess/session';
import { parseCookie } from 'cookie';

/** The parts of a session cookie, without the id: the id alone gives access to the session. */
export interface CookieReading {
  readonly key: string;
  readonly signature: 'good' | 'bad' | 'unchecked';
}

/** `<id>.<signature>` */
const VALUE = /^(?<id>[\w-]{32})\.[\w-]{43}$/;
/** The adapters' default names. */
const USUAL_NAMES = ['__Host-sess', 'sess'];

/**
 * The storage key of a cookie's session; `undefined` if the text has no session cookie.
 *
 * @param text a cookie's value, or a `Cookie` header with any cookies. Of several session cookies, the first one with a
 *   valid signature counts, then the first one with a usual name.
 */
export function keyOfCookie(text: string, keyPrefix: string, secret: string | undefined): CookieReading | undefined {
  const signer = secret === undefined || secret === '' ? undefined : cookieSigner([secret]);
  const isSigned = ([name, value]: Pair): boolean => signer?.verify(name, value) !== undefined;
  const found = pairsIn(text);
  const [name, value] = found.find(isSigned) ?? found.find(([usual]) => USUAL_NAMES.includes(usual)) ?? found[0] ?? [];
  const id = VALUE.exec(value ?? '')?.groups?.['id'];
  if (name === undefined || value === undefined || id === undefined) return undefined;
  const key = storageKey(keyPrefix, id);
  if (signer === undefined) return { key, signature: 'unchecked' };
  return { key, signature: isSigned([name, value]) ? 'good' : 'bad' };
}

type Pair = readonly [name: string, value: string];

function pairsIn(text: string): readonly Pair[] {
  if (VALUE.test(text)) return USUAL_NAMES.map((name) => [name, text]);
  const cookies = Object.entries(parseCookie(text.replace(/^cookie:\s*/i, '')));
  return cookies.flatMap(([name, value]) => (value !== undefined && VALUE.test(value) ? [[name, value]] : []));
}
