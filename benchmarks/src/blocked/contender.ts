import type { Contender } from '../wire/contender.ts';

export const CONTENDERS = {
  'sess-text': { label: '@sess/client', store: 'memcached' },
  'sess-memjs': { label: 'the same on memjs', store: 'memcached' },
  memjs: { label: 'memjs', store: 'memcached' },
  ioredis: { label: 'ioredis, commandTimeout 500', store: 'redis' },
} as const;
export type ContenderName = keyof typeof CONTENDERS;

/** How long each of them waits for an answer: what this client and memjs do unasked. */
export const TIMEOUT_MS = 500;

export interface Course {
  readonly servers: readonly string[];
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly blockMs: number;
  readonly blocks: number;
}

/** What became of the requests of a process that was blocked now and then. */
export interface Outcome {
  readonly requests: number;
  /** Those that failed, by what they were told, and hits that were answered as misses. */
  readonly lost: Readonly<Record<string, number>>;
  /** The longest that one waited for its answer, in milliseconds. */
  readonly longestMs: number;
  /** How often a node was taken out of rotation. */
  readonly ejections: number;
}

export type Message = { readonly ready: true } | { readonly outcome: Outcome } | { readonly failure: string };

export interface OpenContender {
  (servers: readonly string[]): Promise<Contender>;
}
