/** The checks that all formats of a history share: bytes from a node are untrusted input. */
import { canonicalNodeId, isZone } from '@sess/discovery';

import { isSocketPath } from '../unix-socket.ts';
import { LONGEST_SLEEP_MS } from '../steady-clock.ts';
import type { ViewCause } from './history.ts';

/**
 * `size`: larger than any history. `signature`: signed with another secret, or not signed. `format`: not a history.
 * `content`: an invalid history.
 */
export type HistoryFault = 'size' | 'format' | 'signature' | 'content';

/** Why the bytes under the history's key are not used. */
export class HistoryRefused extends Error {
  override readonly name = 'HistoryRefused';
  readonly fault: HistoryFault;

  constructor(fault: HistoryFault, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

export const MAX_NODES = 1024;
/**
 * Accepts a clock that is wrong by a time zone. A larger error would keep views open and drains in force for that long.
 */
export const MAX_AHEAD_MS = 86_400_000;
export const MAX_TTL_SECONDS = 315_360_000;
export const CAUSES: readonly ViewCause[] = ['discovery', 'node-down', 'node-recovered', 'drain'];
const MAX_COPIES = 3;
/** Empty for ketama with its defaults. */
const FINGERPRINT = /^(?:|(?:ordered-)?[0-9a-f]{12})$/;

/** What a view of another history says about a node. */
export interface ViewUse {
  /** Whether the view has the node. */
  readonly namesNode: boolean;
  /** Milliseconds since 1970. */
  readonly confirmedAt: number;
  readonly ttlSeconds: number;
}

/** A node id as discovery lists it: `host:port`, or the path of a Unix socket. */
export function checkedId(value: unknown): { readonly id: string; readonly spelling: string } {
  if (typeof value !== 'string') throw unreadable('the name of a node is not a string');
  const spelling = isSocketPath(value) ? value : canonicalNodeId(value);
  if (spelling === undefined) throw unreadable(`${JSON.stringify(value.slice(0, 80))} is not the name of a node`);
  return { id: value, spelling };
}

export function checkedWeight(id: string, weight: unknown): number {
  if (typeof weight === 'number' && Number.isFinite(weight) && weight > 0) return weight;
  throw unreadable(`the weight of ${id} is not a number above 0`);
}

/** `null`: the node has no zone. */
export function checkedZone(id: string, zone: unknown): { readonly zone?: string } {
  if (zone === null || zone === undefined) return {};
  if (isZone(zone)) return { zone };
  throw unreadable(`the zone of ${id} has no name that a zone can have`);
}

export function checkedCopies(copies: unknown): number {
  if (isWhole(copies, MAX_COPIES) && copies > 0) return copies;
  throw unreadable(`the copies of a view are not 1 to ${MAX_COPIES}`);
}

export function checkedDistribution(distribution: unknown): string {
  if (typeof distribution === 'string' && FINGERPRINT.test(distribution)) return distribution;
  throw unreadable('the distribution of a view has no fingerprint');
}

export function checkedTtl(ttl: unknown): number {
  if (isWhole(ttl, MAX_TTL_SECONDS)) return ttl;
  throw unreadable(`its longest time to live is not whole seconds up to ${MAX_TTL_SECONDS}`);
}

/** @param latest latest valid time, milliseconds since 1970 */
export function checkedTime(value: unknown, latest: number): number {
  if (!isWhole(value, Number.MAX_SAFE_INTEGER)) throw unreadable('a time is not in whole milliseconds since 1970');
  if (value > latest)
    throw unreadable(
      `a time is more than a day ahead of this machine's clock: ${new Date(Math.min(value, 8.64e15)).toISOString()}`,
    );
  return value;
}

/**
 * Until when the client that confirmed a view at `confirmedAt` may have acted on it. That client's clock may be wrong
 * by any amount, so this limits the time to {@link LONGEST_SLEEP_MS} after `confirmedAt`, and does not refuse the
 * history.
 */
export function checkedLatest(value: unknown, confirmedAt: number): number {
  return Math.min(checkedTime(value, Infinity), confirmedAt + LONGEST_SLEEP_MS);
}

export function listOf(what: string, value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(`its ${what} are not a list`);
  if (value.length > most) throw unreadable(`its ${what} are ${value.length}, and ${most} are the most that any has`);
  return value as readonly unknown[];
}

export function unreadable(detail: string): HistoryRefused {
  return new HistoryRefused('content', detail);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
