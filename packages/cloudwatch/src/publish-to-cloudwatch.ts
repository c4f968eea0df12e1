import { checkNames, collectMetrics, METRICS } from '@sess/metrics';

import { Interval, Totals, type Series } from './interval.ts';

export interface CloudWatchOptions {
  /** CloudWatch's namespace. Default `Sess`. */
  readonly namespace?: string | undefined;
  /** Dimensions of all metrics, at most five: `{ Service: 'shop' }`. Default none. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  /** Seconds between two publications, a whole number from 10. Default 60. */
  readonly intervalSeconds?: number | undefined;
}

export interface Publishing {
  /**
   * Publishes everything recorded so far. Call it at the end of a Lambda invocation, because the process is frozen
   * afterwards. Never rejects.
   */
  flush(): Promise<void>;
  /** Publishes everything recorded so far, and ends. Idempotent. */
  stop(): Promise<void>;
}

const MAX_DIMENSIONS = 5;
const LEAST_SECONDS = 10;

/**
 * Publishes metrics of all sessions and clients of this process in CloudWatch's embedded metric format: on standard
 * output in Lambda, otherwise to the CloudWatch agent. The environment variables of `aws-embedded-metrics` configure it
 * (`AWS_EMF_ENVIRONMENT`, `AWS_EMF_AGENT_ENDPOINT`).
 *
 * @throws {TypeError} if an option is wrong
 */
export async function publishToCloudWatch(options: CloudWatchOptions = {}): Promise<Publishing> {
  checkNames('publishToCloudWatch', options, ['namespace', 'dimensions', 'intervalSeconds']);
  const { namespace = 'Sess', dimensions = {}, intervalSeconds = 60 } = options;
  check(namespace, dimensions, intervalSeconds);
  // The library detects its environment when it is loaded, over the network unless a variable is set.
  const { createMetricsLogger } = await import('aws-embedded-metrics');
  let interval = new Interval();
  const totals = new Totals();
  const collection = collectMetrics({
    count: (name, attributes, value) => interval.add(name, attributes, value),
    record: (name, attributes, seconds) => interval.sample(name, attributes, seconds),
  });

  const flush = async (): Promise<void> => {
    try {
      const readings = totals.since(await collection.read());
      const over = interval;
      interval = new Interval();
      for (const { name, attributes, value } of readings) over.add(name, attributes, value);
      for (const group of byDimension(over.series)) {
        const logger = createMetricsLogger();
        logger.setNamespace(namespace).setDimensions({ ...dimensions, ...group[0]?.dimension }, false);
        for (const { name, values } of group)
          for (const value of values) logger.putMetric(name, value, UNITS[METRICS[name].unit] ?? 'Count');
        await logger.flush();
      }
    } catch (error) {
      // A missing agent must not fail the application; the next interval is published anyway.
      warnOnce(error);
    }
  };

  const timer = setInterval(() => void flush(), intervalSeconds * 1_000).unref();
  let stopping: Promise<void> | undefined;
  return {
    flush,
    stop() {
      clearInterval(timer);
      stopping ??= flush().finally(() => collection.stop());
      return stopping;
    },
  };
}

const UNITS: Readonly<Record<string, string>> = { s: 'Seconds', By: 'Bytes', '1': 'None' };

/** An event has one set of dimensions. */
function byDimension(series: readonly Series[]): readonly (readonly Series[])[] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const id = JSON.stringify(one.dimension);
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  return [...groups.values()];
}

let warned = false;
function warnOnce(error: unknown): void {
  if (warned) return;
  warned = true;
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(
    `Metrics of sessions could not be published to CloudWatch: ${reason}. Check AWS_EMF_ENVIRONMENT, AWS_EMF_AGENT_ENDPOINT and the agent. This warning appears only once.`,
    { type: 'SessWarning', code: 'SESS_CLOUDWATCH' },
  );
}

function check(namespace: unknown, dimensions: unknown, intervalSeconds: unknown): void {
  if (typeof namespace !== 'string' || !/^[\w.\-#:/]{1,256}$/.test(namespace))
    throw wrong('namespace', namespace, '1 to 256 letters, digits and . - _ / # :');
  const isRecord = typeof dimensions === 'object' && dimensions !== null && !Array.isArray(dimensions);
  const values = isRecord ? Object.values(dimensions) : [];
  if (
    !isRecord ||
    values.length > MAX_DIMENSIONS ||
    !values.every((value) => typeof value === 'string' && value !== '')
  )
    throw wrong('dimensions', dimensions, `an object of at most ${MAX_DIMENSIONS} texts that are not empty`);
  if (!Number.isInteger(intervalSeconds) || Number(intervalSeconds) < LEAST_SECONDS)
    throw wrong('intervalSeconds', intervalSeconds, `a whole number of seconds, at least ${LEAST_SECONDS}`);
}

function wrong(option: string, given: unknown, wanted: string): TypeError {
  return new TypeError(`publishToCloudWatch: option "${option}" must be ${wanted}; it is ${typeof given}`);
}
