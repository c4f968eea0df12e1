import type { RequestSession } from '../session.ts';

/** The headers of a response that has not begun; names are in lower case. */
export interface ResponseHeaders {
  get(name: string): number | string | readonly string[] | undefined;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Adds a `Set-Cookie` and keeps the others. */
  addCookie(line: string): void;
}

/**
 * Headers that make a content delivery network cache a response, whatever `Cache-Control` says (RFC 9213, Edge
 * Architecture, nginx).
 */
const CDN_HEADERS = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'netlify-cdn-cache-control',
  'vercel-cdn-cache-control',
  'surrogate-control',
  'x-accel-expires',
] as const;

/** Whether the application asks shared caches to store the response. */
export function isCacheable(headers: ResponseHeaders): boolean {
  for (const name of CDN_HEADERS) {
    const value = headers.get(name);
    if (value !== undefined && value !== '0' && value !== 0 && !keepsOut(directives(value))) return true;
  }
  const control = headers.get('cache-control');
  if (control === undefined) return false;
  const names = directives(control);
  return !keepsOut(names) && names.some((directive) => directive === 'public' || /^s-maxage(?:=|$)/.test(directive));
}

/**
 * Completes the head of the response just before it is sent: adds the session's cookie if there is one to send, and
 * `Vary: Cookie` if the session was read.
 *
 * No shared cache may store a response with the cookie: it becomes `private`, or `no-store` if the application set no
 * `Cache-Control`.
 */
export function completeHead(session: RequestSession, headers: ResponseHeaders): void {
  if (session.wasRead) varyByCookie(headers);
  const cookie = session.takeCookie(new Head(headers));
  if (cookie === undefined) return;
  keepPrivate(headers);
  headers.addCookie(cookie);
}

/**
 * Reads the headers only if needed. Not a literal with a getter: V8 gives each of those its own hidden class, which
 * keeps the getter, and so the whole request, alive until the next full garbage collection.
 */
class Head {
  readonly #headers: ResponseHeaders;

  constructor(headers: ResponseHeaders) {
    this.#headers = headers;
  }

  get cacheable(): boolean {
    return isCacheable(this.#headers);
  }
}

function varyByCookie(headers: ResponseHeaders): void {
  const given = textOf(headers.get('vary'));
  if (given === '') headers.set('vary', 'Cookie');
  else if (!/(?:^|,)\s*(?:\*|cookie)\s*(?:,|$)/i.test(given)) headers.set('vary', `${given}, Cookie`);
}

function keepPrivate(headers: ResponseHeaders): void {
  for (const name of CDN_HEADERS) if (headers.get(name) !== undefined) headers.remove(name);
  const control = headers.get('cache-control');
  if (control === undefined || textOf(control) === '') return headers.set('cache-control', 'no-store');
  const names = directives(control);
  if (keepsOut(names)) return;
  const kept = names.filter(
    (directive) => directive !== 'public' && !/^(?:s-maxage|private|proxy-revalidate)(?:=|$)/.test(directive),
  );
  headers.set('cache-control', ['private', ...kept].join(', '));
}

/** `private="field"` does not count: it excludes only that field from the cache. */
function keepsOut(names: readonly string[]): boolean {
  return names.includes('private') || names.includes('no-store');
}

/**
 * The directives in lower case. A quoted list of fields may hold commas, but none of the directives that matter here
 * has one.
 */
function directives(value: number | string | readonly string[]): readonly string[] {
  const parts = textOf(value).match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? [];
  return parts
    .map((part) =>
      part
        .trim()
        .toLowerCase()
        .replace(/\s*=\s*/, '='),
    )
    .filter((part) => part !== '');
}

function textOf(value: number | string | readonly string[] | undefined): string {
  return value === undefined ? '' : typeof value === 'object' ? value.join(', ') : String(value);
}
