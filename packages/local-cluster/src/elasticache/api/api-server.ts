import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { LocalClusterError } from '../../errors.ts';
import type { CacheCluster } from '../cache-cluster.ts';
import { AwsError } from './aws-error.ts';
import { ELASTICACHE_ACTIONS, type Endpoints } from './elasticache-actions.ts';
import { QueryParameters } from './query-parameters.ts';
import { xmlError, xmlReply } from './xml-reply.ts';

/** Runs one action of a JSON protocol. */
export type JsonAction = (input: Readonly<Record<string, unknown>>) => object;

export interface ApiOptions {
  readonly port: number;
  readonly cluster: CacheCluster;
  readonly endpoints: () => Endpoints;
  /** The actions by the SDK's target name: `AnyScaleFrontendService.RegisterScalableTarget`. */
  readonly jsonActions: ReadonlyMap<string, JsonAction>;
  /** Called before each action, with the action's name; throws to refuse the action. */
  readonly before: (action: string) => void;
}

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Longer than any request of an SDK. */
const LONGEST_BODY = 1_048_576;

/**
 * The HTTP API on 127.0.0.1. Does not check signatures: every client that reaches the port may call every action.
 *
 * @throws LocalClusterError `SESS_PORT_IN_USE`, `SESS_START_FAILED`
 */
export async function startApiServer(options: ApiOptions): Promise<ApiServer> {
  const server = createServer((request, response) => void answer(request, response, options));
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => reject(startFailure(options.port, error)));
    server.listen({ host: '127.0.0.1', port: options.port, exclusive: true }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ApiOptions): Promise<void> {
  const requestId = randomUUID();
  const target = request.headers['x-amz-target'];
  const isJson = typeof target === 'string';
  const reply = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void => {
    const type = isJson ? 'application/x-amz-json-1.1' : 'text/xml';
    response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': requestId, ...headers }).end(body);
  };
  try {
    if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) throw tooLong();
    const body = await text(request);
    reply(200, isJson ? answerJson(target, body, options) : answerQuery(body, requestId, options));
  } catch (error) {
    const refusal = refusalOf(error);
    if (isJson)
      reply(refusal.httpStatus, JSON.stringify({ __type: refusal.code, message: refusal.message }), {
        'x-amzn-errortype': refusal.code,
      });
    else reply(refusal.httpStatus, xmlError(refusal, requestId));
  }
}

function answerQuery(body: string, requestId: string, { cluster, endpoints, before }: ApiOptions): string {
  const parameters = new QueryParameters(body);
  const name = parameters.text('Action') ?? '';
  const action = ELASTICACHE_ACTIONS.get(name);
  if (action === undefined)
    throw new AwsError(
      'InvalidAction',
      `The stand-in for ElastiCache has no action "${name}"; it has ${[...ELASTICACHE_ACTIONS.keys()].join(', ')}.`,
    );
  before(name);
  return xmlReply(name, action(cluster, parameters, endpoints()), requestId);
}

function answerJson(target: string, body: string, { jsonActions, before }: ApiOptions): string {
  const action = jsonActions.get(target);
  if (action === undefined)
    throw new AwsError(
      'UnknownOperationException',
      `The stand-in for ElastiCache has no "${target}"; it has ${[...jsonActions.keys()].join(', ')}.`,
    );
  before(target.slice(target.indexOf('.') + 1));
  return JSON.stringify(action(objectIn(body)));
}

function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Reported below.
  }
  throw new AwsError('SerializationException', 'The body is no JSON object.');
}

function tooLong(): AwsError {
  return new AwsError('RequestEntityTooLarge', `A request is at most ${LONGEST_BODY} bytes long.`, 413);
}

function refusalOf(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}

function startFailure(port: number, error: NodeJS.ErrnoException): LocalClusterError {
  const [code, reason] =
    error.code === 'EADDRINUSE'
      ? (['SESS_PORT_IN_USE', 'the port is in use; choose another or leave it out'] as const)
      : (['SESS_START_FAILED', error.message] as const);
  return new LocalClusterError(code, `the API can't listen on 127.0.0.1:${port}: ${reason}`, error);
}
