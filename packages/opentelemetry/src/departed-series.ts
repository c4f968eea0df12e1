import { METRICS, type Reading } from '@sess/metrics';

/**
 * Ends the series of nodes that have left and of drains that are over: the SDK repeats the last value of a series that
 * is not reported any more, so a node that was removed while down would stay down for ever.
 */
export class DepartedSeries {
  #told = new Map<string, Reading>();

  /** The current values, and zeros for series that were reported before and have ended. */
  with(readings: readonly Reading[]): readonly Reading[] {
    const now = new Map(readings.filter(isOfNode).map((reading) => [keyOf(reading), reading]));
    const present = new Set(readings.filter(({ name }) => name === 'sess.node.state').map(serverOf));
    const missing = [...this.#told].filter(([key]) => !now.has(key));
    // A present node that does not report its counters keeps their last values.
    const silent = missing.filter(
      ([, reading]) => reading.name !== 'sess.node.draining' && present.has(serverOf(reading)),
    );
    const ended = missing.filter((each) => !silent.includes(each)).map(([, reading]) => ({ ...reading, value: 0 }));
    this.#told = new Map([...now, ...silent]);
    return [...readings, ...ended];
  }
}

function isOfNode({ name, attributes }: Reading): boolean {
  const names = ['server.address', 'db.client.connection.pool.name'];
  return METRICS[name].kind === 'gauge' && names.some((attribute) => attributes[attribute] !== undefined);
}

function serverOf({ attributes }: Reading): string {
  return JSON.stringify([attributes['server.address'], attributes['server.port']]);
}

function keyOf({ name, attributes }: Reading): string {
  return JSON.stringify([name, attributes]);
}
