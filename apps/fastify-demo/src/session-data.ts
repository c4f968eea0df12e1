/** The session data of both demo apps: each reads the sessions that the other wrote. */
declare module '@sess/fastify-plugin' {
  interface SessionData {
    /** Name of the logged-in user; absent for a visitor. */
    user?: string;
    role?: string;
    cart?: string[];
  }
}
