import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../errors.ts';
import type { StoredSession } from '../session-store.ts';
import type { BackedContext } from './backed-context.ts';

/** The value of a lease: its holder is loading the session, found that there is none, or is done. */
type LeaseOutcome = 'loading' | 'unknown' | 'done';

/** First and longest pause between two reads of the cache while another process loads the session, in milliseconds. */
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 64;

/**
 * The right to load a session from the database, for one process at a time: a separate record in the cache, which
 * expires if its holder is gone.
 */
interface LoadLease {
  /** Tells waiting processes the result. Never rejects. */
  end(outcome: 'unknown' | 'done'): Promise<void>;
}

/** `cached`: another process cached the session meanwhile. `unknown`: another process found that there is none. */
export type LeaseAnswer =
  | { readonly kind: 'cached'; readonly cached: StoredSession }
  | { readonly kind: 'unknown' }
  | LoadHere;
/**
 * This process must load it; without a lease if the cache is out of reach, or another holder took too long or left
 * nothing.
 */
interface LoadHere {
  readonly kind: 'load';
  readonly lease: LoadLease | undefined;
}

const WITHOUT_LEASE: LoadHere = { kind: 'load', lease: undefined };

/** As long as a holder may be queued and then wait for the database. */
function leaseSeconds({ resolved }: BackedContext): number {
  return Math.ceil((2 * resolved.limits.timeoutMs) / 1_000) + 1;
}

/**
 * Takes the lease for a session that is not in the cache, or waits for the result of another process, at most as long
 * as a lease lasts.
 */
export async function takeLease(context: BackedContext, key: string): Promise<LeaseAnswer> {
  const leaseKey = `${key}.load`;
  const until = performance.now() + leaseSeconds(context) * 1_000;
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const lease = await tryLease(context, leaseKey);
      // The previous holder may have cached the session after this process read the cache.
      const cached = await context.cache.load(key);
      if (cached !== undefined) {
        await lease?.end('done');
        return { kind: 'cached', cached };
      }
      if (lease !== undefined) return { kind: 'load', lease };
      const outcome = await context.cache.load(leaseKey);
      if (outcome !== undefined && isOutcome(outcome, 'unknown')) return { kind: 'unknown' };
      if (performance.now() >= until || (outcome !== undefined && isOutcome(outcome, 'done'))) {
        const last = await context.cache.load(key);
        return last === undefined ? WITHOUT_LEASE : { kind: 'cached', cached: last };
      }
      await sleep(pauseMs * (0.5 + Math.random()));
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  } catch (error) {
    // The node of the lease or of the session is out of reach.
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    return WITHOUT_LEASE;
  }
}

/** `undefined` if another process has it. */
async function tryLease(context: BackedContext, leaseKey: string): Promise<LoadLease | undefined> {
  const { cache, resolved } = context;
  try {
    const held = await cache.save(leaseKey, bytes('loading'), { ttlSeconds: leaseSeconds(context), expect: 'absent' });
    return {
      async end(outcome) {
        const ttlSeconds = outcome === 'unknown' ? Math.max(1, resolved.limits.unknownSeconds) : 1;
        // If this fails, the lease expires.
        await cache.save(leaseKey, bytes(outcome), { ttlSeconds, expect: held }).catch(() => undefined);
      },
    };
  } catch (error) {
    if (hasCode(error, 'SESS_CONFLICT')) return undefined;
    throw error;
  }
}

function isOutcome({ value }: StoredSession, outcome: LeaseOutcome): boolean {
  return Buffer.compare(value, bytes(outcome)) === 0;
}

function bytes(outcome: LeaseOutcome): Buffer {
  return Buffer.from(outcome);
}
