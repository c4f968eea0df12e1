import type { NodeReport } from './node-report.ts';

/** Whether what is stored now has room on the nodes of afterwards. */
export interface MemoryAfter {
  readonly usedBytes: number;
  readonly limitBytesAfter: number;
  readonly fits: boolean;
}

/** memcached keeps some memory for its slabs. */
const FULL = 0.9;

/** What is used now, and the room for it afterwards; a new node counts as one of average size. */
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
