import '@sess/fastify-plugin'; // or '@sess/koa-middleware', '@sess/express-middleware'

declare module '@sess/fastify-plugin' {
  interface SessionData {
    userId?: string;
  }
}
