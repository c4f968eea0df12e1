type WarningCode = 'SESS_PLAIN_HTTP' | 'SESS_LATE_SESSION' | 'SESS_NOT_READY';

/** What a developer is told on the process's `warning` event, once for each `createSessions`. */
const WARNINGS: Readonly<Record<WarningCode, string>> = {
  SESS_PLAIN_HTTP:
    'The session cookie is sent without Secure, because this request came over plain HTTP. That is right for a development server only. ' +
    'Behind a proxy that ends TLS, let the framework trust it (Fastify: trustProxy, Koa: app.proxy = true) or set secure: true; ' +
    'to have it plain on purpose and silent, set secure: false.',
  SESS_LATE_SESSION:
    'A session was begun after the headers of its response had left (reply.hijack(), ctx.respond = false, or a stream), so it was not stored: ' +
    'its cookie could not reach the browser. Put data into the session before the response begins.',
  SESS_NOT_READY:
    'No memcached node of "servers" has answered yet. Until one does, requests with a session are served as onUnavailable says. ' +
    'Check the address, the port, and whether this machine may reach it.',
};

/** Warns the first time that it is called with a code. */
export type WarnOnce = (code: WarningCode) => void;

export function warnOnce(): WarnOnce {
  const told = new Set<WarningCode>();
  return (code) => {
    if (told.has(code)) return;
    told.add(code);
    process.emitWarning(WARNINGS[code], { type: 'SessWarning', code });
  };
}
