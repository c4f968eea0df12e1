/** Telemetry that throws does no harm: no request fails, and no process ends. */
import { setImmediate as turn } from 'node:timers/promises';

import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';

import { observeSessions, type ObserveOptions } from '../src/index.ts';
import { openShop, shopping } from './shop.ts';

let thrown = 0;
function fail(): never {
  thrown += 1;
  throw new Error('out of order');
}

const nothing = (): Promise<void> => Promise.resolve();

/** Throws where spans begin, or where they end. */
function failingSpans(when: 'onStart' | 'onEnd'): ObserveOptions {
  const quiet: SpanProcessor = { onStart: () => {}, onEnd: () => {}, forceFlush: nothing, shutdown: nothing };
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [{ ...quiet, [when]: fail }] });
  return { tracerProvider, meterProvider: false };
}

/** Instruments that throw, as those of somebody's own SDK may. */
function failingMetrics(): ObserveOptions {
  const meter = new MeterProvider().getMeter('shop');
  const failing = { add: fail, record: fail };
  const broken = Object.assign(Object.create(meter) as typeof meter, {
    createCounter: () => failing,
    createHistogram: () => failing,
  });
  return { meterProvider: { getMeter: () => broken }, tracerProvider: false };
}

it.each([
  ['a span processor that throws when spans begin', failingSpans('onStart')],
  ['a span processor that throws when spans end', failingSpans('onEnd')],
  ['instruments that throw', failingMetrics()],
])('%s', async (_what, options) => {
  const shop = await openShop();
  thrown = 0;
  const ended: unknown[] = [];
  const noteEnd = (error: unknown): void => void ended.push(error);
  process.on('uncaughtExceptionMonitor', noteEnd);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', noteEnd));
  const observing = observeSessions(options);
  await shopping(shop);
  // The spans of loads that wait for a cause end now.
  observing.stop();
  await turn();
  expect(thrown).toBeGreaterThan(5);
  expect(ended).toEqual([]);
});
