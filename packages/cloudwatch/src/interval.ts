/** Aggregates events and states over one interval, in bounded memory. */
import { METRICS, type Attributes, type MetricName, type Reading } from '@sess/metrics';

import { PUBLISHED } from './published.ts';

/** Limit of the embedded metric format: values of one metric in one event. */
const MAX_VALUES = 100;

/** A metric, its dimension, and the recorded values. */
export interface Series {
  readonly name: MetricName;
  readonly dimension: Readonly<Record<string, string>>;
  /** One number for a count or a state; up to 100 durations, a random sample if there were more. */
  readonly values: number[];
  seen: number;
}

export class Interval {
  readonly #series = new Map<string, Series>();

  /** Adds `value` to the present one. */
  add(name: MetricName, attributes: Attributes, value: number): void {
    const series = this.#at(name, attributes);
    if (series !== undefined) series.values[0] = (series.values[0] ?? 0) + value;
  }

  /** Adds `value` to the sample; every recorded value is kept with the same probability. */
  sample(name: MetricName, attributes: Attributes, value: number): void {
    const series = this.#at(name, attributes);
    if (series === undefined) return;
    series.seen += 1;
    const place = series.values.length < MAX_VALUES ? series.values.length : Math.floor(Math.random() * series.seen);
    if (place < MAX_VALUES) series.values[place] = value;
  }

  get series(): readonly Series[] {
    return [...this.#series.values()];
  }

  #at(name: MetricName, attributes: Attributes): Series | undefined {
    if (!(name in PUBLISHED)) return undefined;
    const by = PUBLISHED[name];
    const value = by === undefined ? undefined : attributes[by.attribute];
    const id = `${name} ${value ?? ''}`;
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const dimension = by === undefined || value === undefined ? {} : { [by.dimension]: String(value) };
    const made: Series = { name, dimension, values: [], seen: 0 };
    this.#series.set(id, made);
    return made;
  }
}

/** Converts totals since a node's start to increases since the last interval, as CloudWatch expects. */
export class Totals {
  #last: ReadonlyMap<string, number> | undefined;

  /** The readings, with each total as its increase: 0 for a node that is seen for the first time. */
  since(readings: readonly Reading[]): readonly Reading[] {
    const before = this.#last;
    const now = new Map<string, number>();
    const grown = readings.map((reading) => {
      if (METRICS[reading.name].kind !== 'total') return reading;
      const id = `${reading.name} ${JSON.stringify(reading.attributes)}`;
      now.set(id, reading.value);
      const last = before?.get(id) ?? reading.value;
      // A restarted node counts from zero.
      return { ...reading, value: reading.value < last ? reading.value : reading.value - last };
    });
    this.#last = now;
    return grown;
  }
}
