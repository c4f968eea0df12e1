declare module '@sess/fastify-plugin' {
  // or '@sess/koa-middleware', '@sess/express-middleware'
  interface SessionData {
    userId?: string;
  }
}
