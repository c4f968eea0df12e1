import { inspect } from 'node:util';

import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished } from 'vitest';

import { observeSessions } from '../src/index.ts';
import { openShop, shopping, USER } from './shop.ts';

function tracing(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const observing = observeSessions({ tracerProvider, meterProvider: false });
  onTestFinished(() => observing.stop());
  onTestFinished(() => tracerProvider.shutdown());
  return exporter;
}

function named(exporter: InMemorySpanExporter, name: string): readonly ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name);
}

describe('spans', () => {
  it('show a load with its node, and the get inside it', async () => {
    const shop = await openShop(1);
    const [node] = shop.cluster.nodes;
    const cookie = await shop.visit(undefined, (session) => void (session.data.user = USER));
    const exporter = tracing();
    await shop.visit(cookie, (session) => session.data.user);
    const server = { 'server.address': node?.host, 'server.port': node?.port };
    const [load] = named(exporter, 'session load');
    expect(load?.attributes).toMatchObject({ 'sess.store': 'memcached', 'sess.outcome': 'hit', ...server });
    const [get] = named(exporter, 'get');
    expect(get).toMatchObject({ kind: SpanKind.CLIENT });
    expect(get?.attributes).toEqual({ 'db.system.name': 'memcached', 'db.operation.name': 'get', ...server });
    expect(get?.parentSpanContext?.spanId).toBe(load?.spanContext().spanId);
  });

  it('show why a session was missed, and end when the load did', async () => {
    const shop = await openShop();
    const cookie = await shop.visit(undefined, (session) => void (session.data.user = USER));
    await shop.visit(cookie, (session) => session.destroy());
    const exporter = tracing();
    const before = Date.now();
    await shop.visit(cookie, (session) => session.data.user);
    const after = Date.now();
    await expect.poll(() => named(exporter, 'session load').length).toBe(1);
    const [load] = named(exporter, 'session load');
    expect(load?.attributes).toMatchObject({
      'sess.outcome': 'miss',
      'sess.miss.cause': 'destroyed',
      'sess.miss.certainty': 'certain',
    });
    const [seconds, nanoseconds] = load?.endTime ?? [0, 0];
    expect(seconds * 1_000 + nanoseconds / 1e6).toBeGreaterThanOrEqual(before);
    expect(seconds * 1_000 + nanoseconds / 1e6).toBeLessThanOrEqual(after);
  });

  it('show why a session was saved', async () => {
    const shop = await openShop();
    const exporter = tracing();
    await shop.visit(undefined, (session) => void (session.data.user = USER));
    const [save] = named(exporter, 'session save');
    expect(save?.attributes).toMatchObject({ 'sess.save.reason': 'new', 'sess.outcome': 'written' });
    expect(named(exporter, 'set')[0]?.parentSpanContext?.spanId).toBe(save?.spanContext().spanId);
  });

  it('show a failure by its code', async () => {
    const shop = await openShop(1);
    const cookie = await shop.visit(undefined, (session) => void (session.data.user = USER));
    const exporter = tracing();
    shop.client.destroy();
    await shop.visit(cookie, () => {}).catch(() => {});
    const [load] = named(exporter, 'session load');
    expect(load?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(load?.attributes).toMatchObject({ 'error.type': 'SESS_CLOSED' });
  });

  it('hold no id, key, user or secret', async () => {
    const shop = await openShop();
    const exporter = tracing();
    await shopping(shop);
    await expect.poll(() => named(exporter, 'session load').length).toBeGreaterThan(4);
    const shown = inspect(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      { depth: Infinity, maxArrayLength: null, maxStringLength: null },
    );
    expect(shop.secrets.size).toBeGreaterThan(4);
    for (const secret of shop.secrets) expect(shown).not.toContain(secret);
  });

  it('end with stop, also those that wait for a cause', async () => {
    const shop = await openShop();
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const observing = observeSessions({ tracerProvider, meterProvider: false });
    const cookie = await shop.visit(undefined, (session) => void (session.data.user = USER));
    await shop.visit(cookie, (session) => session.destroy());
    await shop.visit(cookie, () => {});
    observing.stop();
    const ended = exporter.getFinishedSpans().length;
    expect(named(exporter, 'session load').length).toBe(2);
    await shopping(shop);
    expect(exporter.getFinishedSpans().length).toBe(ended);
  });
});

describe('observeSessions', () => {
  it.each([
    ['meterProvider', {}],
    ['tracerProvider', 'global'],
    ['meterProvider', null],
  ])('refuses a %s that is none: %j', (option, given) => {
    expect(() => observeSessions({ [option]: given })).toThrow(
      new RegExp(`option "${option}" must be an OpenTelemetry`),
    );
  });

  it('refuses an option that does not exist', () => {
    expect(() => observeSessions({ meterprovider: false } as never)).toThrow(
      'there is no option "meterprovider"; there are meterProvider, tracerProvider',
    );
  });
});
