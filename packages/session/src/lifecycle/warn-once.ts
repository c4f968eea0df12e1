type WarningCode =
  | 'SESS_PLAIN_HTTP'
  | 'SESS_LATE_SESSION'
  | 'SESS_LATE_CHANGE'
  | 'SESS_LOST_COOKIE'
  | 'SESS_NOT_READY'
  | 'SESS_WRONG_KEY';

/** Warnings for developers, emitted as `warning` events of the process, each at most once per `createSessions`. */
const WARNINGS: Readonly<Record<WarningCode, string>> = {
  SESS_PLAIN_HTTP:
    'The session cookie is sent without Secure, because this request came over plain HTTP. That is right for a development server only. ' +
    'Behind a proxy that ends TLS, let the framework trust it (Fastify: trustProxy, Koa: app.proxy = true, Express: app.set("trust proxy", 1)) or set secure: true; ' +
    'to send it without Secure on purpose, and without this warning, set secure: false. Until then SameSite=None is sent as Lax, and Partitioned not at all.',
  SESS_LATE_SESSION:
    'A session was begun after the headers of its response were sent (reply.hijack(), ctx.respond = false, or a stream), so it was not stored: ' +
    'its cookie could not reach the browser. Put data into the session before the response begins.',
  SESS_LATE_CHANGE:
    'Data of a session was changed after the session had been saved for its response, and nothing saved it again: the change is lost. ' +
    'Await what changes it before the answer is sent (Koa: each middleware awaits next()), or await session.save() after the change.',
  SESS_LOST_COOKIE:
    'A response was sent without the cookie of its session, because its head was written past the ServerResponse (to the socket, or to a stream of ' +
    'HTTP/2), so the browser can not come back to a session that was stored for it. Write the head with response.writeHead(), or send what ' +
    'session.takeCookie() returns.',
  SESS_NOT_READY:
    'No memcached node of "servers" has answered yet. Until one does, requests with a session are served as onUnavailable says. ' +
    'Check the address, the port, and whether this machine may reach it.',
  SESS_WRONG_KEY:
    'A stored session is encrypted with a secret that is not in encrypt.secret, so it counts as missing and its visitor as logged out. ' +
    'Give every server the same secrets, and keep an old one behind the new one for as long as sessions live (absoluteTtlSeconds).',
};

/** Emits the warning on the first call with a code, and at its end the reason, if there is one. */
export type WarnOnce = (code: WarningCode, reason?: string) => void;

export function warnOnce(): WarnOnce {
  const warned = new Set<WarningCode>();
  return (code, reason) => {
    if (warned.has(code)) return;
    warned.add(code);
    const message = reason === undefined ? WARNINGS[code] : `${WARNINGS[code]} The reason: ${reason}.`;
    process.emitWarning(message, { type: 'SessWarning', code });
  };
}
