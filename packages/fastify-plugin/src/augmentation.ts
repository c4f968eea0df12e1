import type { Session, SessionsHealth, SessionsOfUsers } from '@sess/session';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The sessions of users: `revokeUser(user)`, `ofUser(user)` and `end(user, key)`, with the option `userOf`. For
     * readiness probes: `ready()` and `state`.
     */
    readonly sessions: SessionsOfUsers & SessionsHealth;
  }

  interface FastifyRequest {
    /**
     * The visitor's session; `undefined` at run time before `onRequest` and on a route with `config: { session: false
     * }`.
     */
    readonly session: Session;
  }

  interface FastifyContextConfig {
    /**
     * `false`: no session on this route. `{ touch: false }`: requests to it do not extend the session's idle timeout.
     * Default `true`.
     */
    session?: boolean | { readonly touch: boolean };
  }
}
