import type { Session } from '@sess/session';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- what Express's types are open for
  namespace Express {
    interface Request {
      /** The visitor's session; `undefined` at run time before the middleware, and if `ignore` excludes the request. */
      readonly session: Session;
    }
  }
}
