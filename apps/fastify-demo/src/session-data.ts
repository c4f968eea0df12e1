/** What both demo apps keep in a session: the other reads what this one wrote. */
declare module '@sess/fastify-plugin' {
  interface SessionData {
    /** Who is logged in; absent for a visitor. */
    user?: string;
    role?: string;
    cart?: string[];
  }
}
