/** The active guard's state, stored on the nodes for `sess status`. */
import type { Client } from '@sess/client';

import type { GuardState } from './guard-state.ts';

/** One key per cluster: only one guard is active. */
export const GUARD_REPORT_KEY = 'sess-guard/word';
/** Longer than {@link SILENT_AFTER_MS}, so that `sess status` can show that a guard stopped reporting. */
const TTL_SECONDS = 600;
/** Six report intervals: a guard without a report for longer is not active. */
export const SILENT_AFTER_MS = 60_000;
/** Start of the JSON, behind the client's envelope. */
const BEGINNING = '{"guard":';

export interface GuardReport {
  /** When it was written, milliseconds since 1970. */
  readonly at: number;
  readonly guard: GuardState;
}

/** Never rejects: the next report follows soon. */
export async function publishReport(client: Pick<Client, 'set'>, guard: GuardState): Promise<void> {
  const report = JSON.stringify({ guard, at: Date.now() });
  await client.set(GUARD_REPORT_KEY, report, { ttlSeconds: TTL_SECONDS }).catch(() => undefined);
}

/** The active guard's report of the last minute; `undefined` if there is none. */
export async function activeGuard(client: Pick<Client, 'get'>): Promise<GuardState | undefined> {
  const record = await client.get(GUARD_REPORT_KEY);
  const report = record && reportIn(record.value);
  return report?.guard.role === 'active' && Date.now() - report.at < SILENT_AFTER_MS ? report.guard : undefined;
}

/** Parses an item of {@link GUARD_REPORT_KEY} as stored on a node; `undefined` for anything else. */
export function reportIn(item: Buffer): GuardReport | undefined {
  const from = item.indexOf(BEGINNING);
  if (from === -1) return undefined;
  try {
    const { at, guard } = JSON.parse(item.toString('utf8', from)) as Partial<GuardReport>;
    return typeof at === 'number' && typeof guard?.clusterId === 'string' ? { at, guard } : undefined;
  } catch {
    return undefined;
  }
}
