import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';

import { checkNames } from '@sess/metrics';
import { recordMetrics } from './record-metrics.ts';
import { recordSpans } from './record-spans.ts';

export interface ObserveOptions {
  /** Provider of the meter. Default: the global one. `false`: no metrics. */
  readonly meterProvider?: MeterProvider | false | undefined;
  /** Provider of the tracer. Default: the global one. `false`: no spans. */
  readonly tracerProvider?: TracerProvider | false | undefined;
}

export interface Observing {
  /** Stops recording. Idempotent. */
  stop(): void;
}

/**
 * Records metrics and spans of all sessions and clients of this process, including those created earlier. Call it once:
 * each call records everything once more. While it runs, the cause of every missing session is investigated
 * (`sess:session:miss`), and every collection of metrics asks each node for its counters.
 *
 * @throws {TypeError} if an option is unknown, or is not a provider
 */
export function observeSessions(options: ObserveOptions = {}): Observing {
  checkNames('observeSessions', options, ['meterProvider', 'tracerProvider']);
  const { meterProvider = metrics.getMeterProvider(), tracerProvider = trace.getTracerProvider() } = options;
  check('meterProvider', meterProvider, 'getMeter');
  check('tracerProvider', tracerProvider, 'getTracer');
  const stops = [
    meterProvider === false ? undefined : recordMetrics(meterProvider.getMeter(SCOPE)),
    tracerProvider === false ? undefined : recordSpans(tracerProvider.getTracer(SCOPE)),
  ];
  return {
    stop() {
      for (const stop of stops) stop?.();
    },
  };
}

const SCOPE = '@sess/opentelemetry';

function check(option: string, given: unknown, method: 'getMeter' | 'getTracer'): void {
  if (given === false) return;
  if (typeof (given as Record<string, unknown> | null)?.[method] === 'function') return;
  throw new TypeError(
    `observeSessions: option "${option}" must be an OpenTelemetry provider, with the method ${method}, or false; ` +
      'leave it out to use the one that the OpenTelemetry SDK registered',
  );
}
