import { HashRingError, shown } from './errors.ts';

// The rare paths of a lookup, in separate functions, so that the rest is small enough to be inlined.

/** The only node; throws `SESS_NO_NODES` if there is none. */
export function onlyNode<N>(nodes: readonly N[]): N {
  const only = nodes[0];
  if (only !== undefined) return only;
  throw new HashRingError(
    'SESS_NO_NODES',
    'owner: expected at least one node, got an empty distribution. Ask once there is a node; owners() answers [] until then.',
  );
}

export function badKey(key: unknown): HashRingError {
  const got = typeof key === 'object' ? shown(key) : typeof key;
  return new HashRingError(
    'SESS_BAD_KEY',
    `key: expected a string, got ${got}. Convert it first; only the caller knows the encoding of a Buffer.`,
  );
}

/** @throws {HashRingError} `SESS_BAD_KEY`, `SESS_BAD_COUNT` */
export function checkOwnersCall(key: unknown, count: unknown): void {
  if (typeof key !== 'string') throw badKey(key);
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
    throw new HashRingError(
      'SESS_BAD_COUNT',
      `count: expected a whole number from 0, got ${shown(count)}. For all nodes give nodes.length.`,
    );
  }
}
