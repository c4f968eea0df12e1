declare module '@sess/fastify-plugin' {
  // or '@sess/koa-middleware'
  interface SessionData {
    userId?: string;
  }
}
