import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { UsageError } from '../../usage-error.ts';
import { metricsText, type GuardState } from './guard-state.ts';
import type { SnsVerifier } from './sns-message.ts';

export interface GuardServerOptions {
  readonly host: string;
  readonly port: number;
  readonly state: () => GuardState;
  /** A guard that made no progress for this time counts as stuck. */
  readonly stuckAfterMs: number;
  /** Without it, messages are refused. */
  readonly verify: SnsVerifier | undefined;
  /** Called when AWS announced something: ask AWS for details. */
  readonly announced: () => void;
  readonly note: (text: string) => void;
}

export interface GuardServer {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** SNS sends at most 256 KiB. */
const LONGEST_BODY = 262_144;
const SLOWEST_REQUEST_MS = 10_000;

/** Serves the guard's state, and receives messages from SNS. */
export async function startGuardServer(options: GuardServerOptions): Promise<GuardServer> {
  const server: Server = createServer((request, response) => void answer(request, response, options));
  server.requestTimeout = SLOWEST_REQUEST_MS;
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error) =>
      reject(new UsageError(`--listen: can't listen on ${options.host}:${options.port} (${error.message}).`)),
    );
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  return {
    address: `${options.host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: GuardServerOptions): Promise<void> {
  const reply = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  const { state, stuckAfterMs } = options;
  const [path] = (request.url ?? '').split('?');
  if (request.method === 'POST' && path === '/sns') return takeMessage(request, reply, options);
  if (request.method !== 'GET') return reply(405, 'GET /state, GET /metrics, GET /health or POST /sns\n');
  if (path === '/state') return reply(200, JSON.stringify(state()), 'application/json');
  if (path === '/metrics') return reply(200, metricsText(state()), 'text/plain; version=0.0.4; charset=utf-8');
  if (path === '/health') {
    const { lastActiveAt } = state();
    const isStuck = lastActiveAt !== undefined && Date.now() - lastActiveAt > stuckAfterMs;
    return reply(isStuck ? 503 : 200, isStuck ? 'it has done nothing for too long\n' : 'ok\n');
  }
  reply(404, 'There is /state, /metrics, /health and /sns.\n');
}

async function takeMessage(
  request: IncomingMessage,
  reply: (status: number, body: string) => void,
  { verify, announced, note }: GuardServerOptions,
): Promise<void> {
  if (verify === undefined) return reply(404, 'Messages are taken with --sns-topic only.\n');
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return reply(413, 'too long\n');
  try {
    const { type, subscribeUrl } = await verify(body);
    if (type === 'SubscriptionConfirmation' && subscribeUrl !== undefined) {
      const confirmed = await fetch(subscribeUrl, { signal: AbortSignal.timeout(SLOWEST_REQUEST_MS) });
      note(
        confirmed.ok
          ? 'The SNS subscription is confirmed'
          : `The SNS subscription was not confirmed: ${confirmed.status}`,
      );
    }
    if (type === 'Notification') announced();
    reply(200, 'ok\n');
  } catch (error) {
    note(`A message was refused: ${error instanceof Error ? error.message : String(error)}`);
    reply(403, 'refused\n');
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
