import type { Contender } from '../wire/contender.ts';

export const CONTENDERS = {
  'sess-text': { label: '@sess/client', store: 'memcached' },
  'sess-memjs': { label: 'the same on memjs', store: 'memcached' },
  memjs: { label: 'memjs', store: 'memcached' },
  ioredis: { label: 'ioredis, commandTimeout 500', store: 'redis' },
} as const;
export type ContenderName = keyof typeof CONTENDERS;

/** The timeout of every contender: the default of this client and of memjs. */
export const TIMEOUT_MS = 500;

export interface Course {
  readonly servers: readonly string[];
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly blockMs: number;
  readonly blocks: number;
}

/** The results for the requests of a process that was sometimes blocked. */
export interface Outcome {
  readonly requests: number;
  /** Failed requests by error, and hits that were answered as misses. */
  readonly lost: Readonly<Record<string, number>>;
  /** The longest wait for an answer, in milliseconds. */
  readonly longestMs: number;
  /** How often a node was taken out of rotation. */
  readonly ejections: number;
}

export type Message = { readonly ready: true } | { readonly outcome: Outcome } | { readonly failure: string };

export interface OpenContender {
  (servers: readonly string[]): Promise<Contender>;
}
