import type { Session } from '@sess/session';

declare module 'koa' {
  interface ExtendableContext {
    /** The visitor's session; `undefined` at run time before the middleware, and if `ignore` excludes the request. */
    readonly session: Session;
  }
}
