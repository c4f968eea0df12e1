/** Measures the duration of operations by their tracing channels. */
import { tracingChannel } from 'node:diagnostics_channel';

import type { ClientOperation, OperationContext } from '@sess/client';
import type { SessionOperation, SessionOperationContext } from '@sess/session';

import { guarded } from './guarded.ts';
import type { Attributes, MetricsSink } from './sink.ts';
import type { MetricName } from './metrics.ts';

const CLIENT: readonly ClientOperation[] = ['get', 'set', 'touch', 'delete'];
const SESSION: readonly SessionOperation[] = ['load', 'save', 'touch', 'destroy'];

/** Stored on the context, which start and end share. Each collector has its own symbol. */
type Timed = Record<symbol, number | undefined>;

export function timeOperations(sink: MetricsSink): () => void {
  const stops = [
    ...CLIENT.map((operation) => time(`@sess/client:${operation}`, 'db.client.operation.duration', ofClient, sink)),
    ...SESSION.map((operation) =>
      time(`@sess/session:${operation}`, 'sess.session.operation.duration', ofSession, sink),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function time(
  name: string,
  metric: MetricName,
  attributesOf: (context: unknown) => Attributes,
  sink: MetricsSink,
): () => void {
  const startedAt = Symbol(metric);
  const channel = tracingChannel<unknown, object>(name);
  const start = (context: unknown): void => {
    (context as Timed)[startedAt] = performance.now();
  };
  const end = guarded((context: unknown): void => {
    const began = (context as Timed)[startedAt];
    if (began !== undefined) sink.record(metric, attributesOf(context), (performance.now() - began) / 1_000);
  });
  channel.start.subscribe(start);
  channel.asyncEnd.subscribe(end);
  return () => {
    channel.start.unsubscribe(start);
    channel.asyncEnd.unsubscribe(end);
  };
}

/** An error's `code`, or its class: never its message. */
function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

function ofClient(context: unknown): Attributes {
  const { system, operation, serverAddress, serverPort, peerAddress, error } = context as OperationContext;
  return {
    'db.system.name': system,
    'db.operation.name': operation,
    ...(serverAddress !== undefined && { 'server.address': serverAddress }),
    ...(serverPort !== undefined && { 'server.port': serverPort }),
    ...(peerAddress !== undefined && { 'network.peer.address': peerAddress }),
    ...(error !== undefined && { 'error.type': errorType(error) }),
  };
}

function ofSession(context: unknown): Attributes {
  const { store, operation, error } = context as SessionOperationContext;
  return {
    'sess.store': store,
    'sess.operation': operation,
    ...(error !== undefined && { 'error.type': errorType(error) }),
  };
}
