import type { Session } from '@sess/session';

declare module 'koa' {
  interface ExtendableContext {
    /** The visitor's session. Reading it throws `SESS_NO_SESSION` where `ignore` left the request out. */
    readonly session: Session;
  }
}
