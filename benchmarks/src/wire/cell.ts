/** The parameters of one measurement. */
export interface Cell {
  readonly operation: 'get' | 'set';
  readonly valueBytes: number;
  /** Concurrent requests over all nodes. */
  readonly inFlight: number;
  readonly nodes: number;
}

/** The result of one measurement. */
export interface Measurement {
  readonly operationsPerSecond: number;
  /** User and system time of the client's process, in microseconds per operation. */
  readonly cpuMicroseconds: number;
}

/** Number of keys, requested in turn: enough to defeat a cache of one key, few enough to stay in memory. */
export const KEY_COUNT = 2_000;

export const CONTENDERS = [
  'limit',
  'sess-text',
  'sess-memjs',
  'memjs',
  'memcached',
  'memcache',
  'memcache-client',
] as const;
export type ContenderName = (typeof CONTENDERS)[number];
/** The npm packages with which this client is compared. */
export const PEERS: readonly ContenderName[] = ['memjs', 'memcached', 'memcache', 'memcache-client'];

/**
 * Keys like those of sessions: a prefix and 43 characters of base64url. Every contender has its own, because it would
 * misread the values of another.
 */
export function keys(contender: ContenderName): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let state = Math.imul(CONTENDERS.indexOf(contender) + 1, 0x9e3779b9);
  const next = (): string => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return alphabet.charAt(state >>> 26);
  };
  return Array.from({ length: KEY_COUNT }, () => `s/${Array.from({ length: 43 }, next).join('')}`);
}
