import { ListenError, urlOf, type ListenOptions, type RunningApp } from '@sess/demo-app';
import type { FastifyInstance } from 'fastify';

/** Rejects with a `ListenError` if the address is not available, and then closes the app. */
export async function listen(app: FastifyInstance, { host, port }: ListenOptions): Promise<RunningApp> {
  await app.ready();
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw new ListenError(host, port, cause);
  }
  const address = app.server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return { port: taken, url: urlOf({ host, port: taken }), close: () => app.close() };
}
