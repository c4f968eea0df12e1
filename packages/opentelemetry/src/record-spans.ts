/**
 * Records spans of session operations, and of the client operations inside them. A span is created where its operation
 * starts, so inner operations find their parent with or without a context manager.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';

import { context, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { ClientOperation, OperationContext } from '@sess/client';
import { guarded } from '@sess/metrics';
import type { MissEvent, SessionOperation, SessionOperationContext } from '@sess/session';

const CLIENT: readonly ClientOperation[] = ['get', 'set', 'touch', 'delete'];
const SESSION: readonly SessionOperation[] = ['load', 'save', 'touch', 'destroy'];

/** How long the span of a missed load waits for the cause, in milliseconds. */
const CAUSE_TIMEOUT_MS = 10_000;

/** A running operation, as parent of those inside it. */
interface Active {
  readonly span: Span;
  readonly kind: 'session' | 'client';
  /** For a missed load: called with the cause. */
  explain?: (event: MissEvent) => void;
}

/** Records spans with `tracer`; returns a function that stops it. */
export function recordSpans(tracer: Tracer): () => void {
  const active = new AsyncLocalStorage<Active>();
  const waiting = new Set<() => void>();
  const parent = (): ReturnType<typeof context.active> => {
    const outer = active.getStore();
    return outer === undefined ? context.active() : trace.setSpan(context.active(), outer.span);
  };

  const clientSpan = ({ system, operation, serverAddress, serverPort, peerAddress }: OperationContext): Active => {
    const server = {
      ...(serverAddress !== undefined && { 'server.address': serverAddress }),
      ...(serverPort !== undefined && { 'server.port': serverPort }),
    };
    const outer = active.getStore();
    // Also sets the node on the span of the session operation.
    if (outer?.kind === 'session') outer.span.setAttributes(server);
    const attributes = {
      'db.system.name': system,
      'db.operation.name': operation,
      ...server,
      ...(peerAddress !== undefined && { 'network.peer.address': peerAddress }),
    };
    const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, parent());
    return { span, kind: 'client' };
  };
  const endClient = ({ span }: Active, { error }: OperationContext): void => {
    if (error !== undefined) failed(span, error);
    span.end();
  };

  const sessionSpan = ({ operation, store, reason }: SessionOperationContext): Active => {
    const attributes = {
      'sess.store': store,
      'sess.operation': operation,
      ...(reason !== undefined && { [`sess.${operation}.reason`]: reason }),
    };
    return { span: tracer.startSpan(`session ${operation}`, { attributes }, parent()), kind: 'session' };
  };
  const endSession = (ended: Active, { operation, result, error }: SessionOperationContext): void => {
    const { span } = ended;
    if (result !== undefined) span.setAttribute('sess.outcome', result);
    if (error !== undefined) failed(span, error);
    if (operation === 'load' && result === 'miss') endWithCause(ended);
    else span.end();
  };
  /** The cause is known only after the response: the span waits for it, but keeps its own end time. */
  const endWithCause = (ended: Active): void => {
    const endedAt = Date.now();
    const end = guarded((): void => {
      clearTimeout(timer);
      waiting.delete(end);
      ended.span.end(endedAt);
    });
    const timer = setTimeout(end, CAUSE_TIMEOUT_MS).unref();
    waiting.add(end);
    ended.explain = (event) => {
      causedBy(ended.span, event);
      end();
    };
  };
  const missed = guarded((message: unknown): void => {
    const event = message as MissEvent;
    const load = active.getStore();
    if (load?.explain !== undefined) load.explain(event);
    else if (load !== undefined) causedBy(load.span, event);
  });

  const stops = [
    ...CLIENT.map((operation) => follow(`@sess/client:${operation}`, active, clientSpan, endClient)),
    ...SESSION.map((operation) => follow(`@sess/session:${operation}`, active, sessionSpan, endSession)),
  ];
  subscribe('sess:session:miss', missed);
  return () => {
    for (const stop of stops) stop();
    unsubscribe('sess:session:miss', missed);
    for (const end of waiting) end();
  };
}

/** Creates a span at the start, makes it the parent of what happens inside, and ends it. */
function follow<Context extends object>(
  name: string,
  active: AsyncLocalStorage<Active>,
  begin: (context: Context) => Active,
  end: (begun: Active, context: Context) => void,
): () => void {
  const begun = new WeakMap<object, Active>();
  const channel = tracingChannel<Active, object>(name);
  const beginOne = guarded(begin);
  channel.start.bindStore(active, (operation) => {
    const made = beginOne(operation as Context);
    if (made !== undefined) begun.set(operation, made);
    // Without a span of its own, inner operations get the surrounding one as parent.
    return made ?? (active.getStore() as Active);
  });
  const ended = guarded((operation: unknown): void => {
    const made = begun.get(operation as object);
    if (made !== undefined) end(made, operation as Context);
  });
  channel.asyncEnd.subscribe(ended);
  return () => {
    channel.start.unbindStore(active);
    channel.asyncEnd.unsubscribe(ended);
  };
}

/** An error's `code`, or its class; never its message, which may contain private data. */
function failed(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  span.setAttribute('error.type', typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function causedBy(span: Span, { cause, certainty, node }: MissEvent): void {
  span.setAttributes({
    'sess.miss.cause': cause,
    'sess.miss.certainty': certainty,
    ...(node !== undefined && { 'sess.miss.node': node }),
  });
}
