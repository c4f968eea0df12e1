import type { Session } from '@sess/session';

declare module 'koa' {
  interface ExtendableContext {
    /** The visitor's session; `undefined` at run time before the middleware and where `ignore` left the request out. */
    readonly session: Session;
  }
}
