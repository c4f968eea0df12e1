import type { FastifyInstance } from 'fastify';
import { ListenError } from './listen-error.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** An app that takes requests. */
export interface RunningApp {
  /** The port that it listens on. */
  readonly port: number;
  readonly url: string;
  /** Takes no more requests and resolves when those under way are answered. */
  close(): Promise<void>;
}

/** @throws {ListenError} (as a rejection) when the address can't be had; the app is closed then. */
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
  return { port: taken, url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, close: () => app.close() };
}
