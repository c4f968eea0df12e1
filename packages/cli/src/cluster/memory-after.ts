import type { NodeReport } from './node-report.ts';

/** Whether the remaining nodes have room for everything that is stored now. */
export interface MemoryAfter {
  readonly usedBytes: number;
  readonly limitBytesAfter: number;
  readonly fits: boolean;
}

/** memcached reserves some memory for its slabs. */
const FULL = 0.9;

/** Bytes in use now, and the room after the change; a new node counts with the average size. */
export function memoryAfter(
  before: readonly string[],
  after: readonly string[],
  reports: readonly NodeReport[],
): MemoryAfter {
  const known = reports.flatMap(({ id, figures }) => (figures === undefined ? [] : [{ id, ...figures }]));
  const usedBytes = known.reduce((total, figures) => total + figures.bytes, 0);
  const average = known.reduce((total, { limitBytes }) => total + limitBytes, 0) / Math.max(1, known.length);
  const limitBytesAfter = after.reduce(
    (total, id) => total + (known.find((figures) => figures.id === id)?.limitBytes ?? average),
    0,
  );
  const grows = after.length >= before.length;
  return { usedBytes, limitBytesAfter, fits: grows || usedBytes <= FULL * limitBytesAfter };
}
