/** What the active guard does, for those who look at the cluster: `sess status` finds it on the nodes. */
import type { Client } from '@sess/client';

import type { GuardState } from './guard-state.ts';

/** One for a cluster: of several guards one is active. */
export const GUARD_REPORT_KEY = 'sess-guard/word';
/** As long as it is of interest that a guard has gone silent. */
const TTL_SECONDS = 600;
/** Where the words begin, behind the client's own bytes. */
const BEGINNING = '{"guard":';

export interface GuardReport {
  /** When it was said, milliseconds since 1970. */
  readonly at: number;
  readonly guard: GuardState;
}

/** Never rejects: the next one is said in a moment. */
export async function publishReport(client: Pick<Client, 'set'>, guard: GuardState): Promise<void> {
  const report = JSON.stringify({ guard, at: Date.now() });
  await client.set(GUARD_REPORT_KEY, report, { ttlSeconds: TTL_SECONDS }).catch(() => undefined);
}

/** From an item of {@link GUARD_REPORT_KEY} as a node holds it; `undefined` for anything else. */
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
