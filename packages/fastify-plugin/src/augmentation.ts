import type { Session } from '@sess/session';

declare module 'fastify' {
  interface FastifyRequest {
    /** The visitor's session. Reading it throws `SESS_NO_SESSION` on a route that does without. */
    readonly session: Session;
  }

  interface FastifyContextConfig {
    /** `false`: no session work on this route. Default `true`. */
    session?: boolean;
  }
}
