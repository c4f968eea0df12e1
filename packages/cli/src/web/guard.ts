/** Access control: a request needs the page's token and a local host name; an action must come from the page itself. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** With DNS rebinding, the browser sends the attacker's name. Through a tunnel, the port differs. */
const OWN_NAMES = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const TOKEN_BYTES = 18;

export type Refusal = { readonly status: 403 | 404 | 415 | 421; readonly message: string };

/** The token in the address, so that no other user of this machine sees the page. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The path behind the token, or why the request is refused. */
export function admitted(request: IncomingMessage, token: string): string | Refusal {
  const { headers, method } = request;
  if (!OWN_NAMES.test(headers.host ?? ''))
    return { status: 421, message: 'This page is at 127.0.0.1 or localhost, not under another name.' };
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, message: 'Another site asked for this. Open the address that the command printed.' };
  const [, given = '', ...rest] = (request.url ?? '').split('?', 1)[0]?.split('/') ?? [];
  if (!isSame(given, token) || rest.length === 0)
    return { status: 404, message: 'There is nothing here. Open the whole address that the command printed.' };
  if (method === 'POST') {
    const refusal = againstForgery(headers);
    if (refusal !== undefined) return refusal;
  }
  return rest.join('/');
}

/** A form on another site has another origin, and can't send JSON. */
function againstForgery({ origin, host, 'content-type': type }: IncomingMessage['headers']): Refusal | undefined {
  if (origin !== `http://${host}`) return { status: 403, message: 'Only the page itself may ask for this.' };
  if (type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
    return { status: 415, message: 'Expected application/json.' };
  return undefined;
}

/** Compares in constant time. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
