/** Stands in for CloudWatch: keeps values by metric, averaged over each period. */
import { validation } from '../api/aws-error.ts';
import { list, number, record, text, type Input } from './input.ts';

/** The identity of a metric: the same name with other dimensions is another metric. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Two days of periods of one minute. */
const MOST_PERIODS = 2_880;

export class Metrics {
  /** Values since the last period ended, by metric. */
  readonly #current = new Map<string, number[]>();
  /** Averages of periods, the newest last; `undefined` for a period without a value. */
  readonly #periods = new Map<string, (number | undefined)[]>();

  put(metric: MetricName, value: number): void {
    const key = keyOf(metric);
    this.#current.set(key, [...(this.#current.get(key) ?? []), value]);
    if (!this.#periods.has(key)) this.#periods.set(key, []);
  }

  endPeriod(): void {
    for (const [key, averages] of this.#periods) {
      const values = this.#current.get(key) ?? [];
      averages.push(values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length);
      if (averages.length > MOST_PERIODS) averages.shift();
    }
    this.#current.clear();
  }

  /** Averages of the last `count` periods, the newest last; all if there are fewer. */
  last(metric: MetricName, count: number): readonly (number | undefined)[] {
    return (this.#periods.get(keyOf(metric)) ?? []).slice(-count);
  }

  /**
   * The action `PutMetricData`. AWS refuses its own namespaces; the stand-in accepts them, its only source of their
   * metrics.
   */
  putData(input: Input): object {
    const namespace = text(input, 'Namespace');
    for (const datum of list(input, 'MetricData')) {
      const value = number(datum, 'Value');
      if (value === undefined) throw validation('MetricData: each member needs a Value.');
      this.put({ namespace, name: text(datum, 'MetricName'), dimensions: dimensionsIn(datum) }, value);
    }
    return {};
  }

  /**
   * The action `GetMetricData`: averages, the newest first. Each period of the stand-in counts as one requested period.
   */
  getData(input: Input): object {
    const end = number(input, 'EndTime') ?? Date.now() / 1_000;
    const start = number(input, 'StartTime') ?? end - 3_600;
    return {
      MetricDataResults: list(input, 'MetricDataQueries').map((query) => {
        const stat = record(query, 'MetricStat');
        const metric = record(stat, 'Metric');
        const period = number(stat, 'Period') ?? 60;
        const found = this.last(
          { namespace: text(metric, 'Namespace'), name: text(metric, 'MetricName'), dimensions: dimensionsIn(metric) },
          Math.max(1, Math.floor((end - start) / period)),
        );
        const points = found
          .toReversed()
          .flatMap((value, index) => (value === undefined ? [] : [{ value, time: end - index * period }]));
        return {
          Id: text(query, 'Id'),
          StatusCode: 'Complete',
          Timestamps: points.map(({ time }) => time),
          Values: points.map(({ value }) => value),
        };
      }),
    };
  }
}

/** `Dimensions: [{ Name, Value }]`, of a metric or a policy. */
export function dimensionsIn(input: Input): Readonly<Record<string, string>> {
  return Object.fromEntries(list(input, 'Dimensions').map((each) => [text(each, 'Name'), text(each, 'Value')]));
}

function keyOf({ namespace, name, dimensions }: MetricName): string {
  return JSON.stringify([
    namespace,
    name,
    Object.entries(dimensions).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ]);
}
