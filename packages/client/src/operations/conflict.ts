import { SessClientError } from '../errors.ts';

/** Reasons for refusing a conditional write. */
const REASONS = {
  changed: 'it was changed since',
  deleted: 'it was deleted since',
  gone: 'it is gone: expired, evicted, or lost with its node',
  present: 'something is there already: a record, the tombstone of a deleted one, or an item of another program',
  contended: 'other clients changed it between each read and write',
} as const;

/** The error of a write whose expectation does not hold; nothing was written. */
export function conflict(reason: keyof typeof REASONS, nodeId?: string): SessClientError {
  return new SessClientError(
    'SESS_CONFLICT',
    `The expectation of the write does not hold: ${REASONS[reason]}. Read again, then decide.`,
    {
      node: nodeId,
    },
  );
}
