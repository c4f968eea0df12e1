import type { Measurement } from '../measure/measurement.ts';
import type { MissCount } from '../apps/app-messages.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../scenarios/scenarios.ts';

const WORDS: Readonly<Record<MissCount['cause'], string>> = {
  destroyed: 'logged out',
  revoked: 'revoked',
  expired: 'expired',
  evicted: 'evicted',
  'node-lost': 'node lost',
  'node-restarted': 'node restarted',
  flushed: 'flushed',
  'other-cluster': 'other cluster',
  foreign: 'foreign bytes',
  unknown: 'unknown',
};

/** Explains the reasons in the table. */
export const WHY_LEGEND =
  'why: what the apps found out, as far as they were sure, and the main reason if there are several; for the strategies that can’t tell, what the event leaves: “moved”, another node was asked than the one that holds the session; “or lost”, a node went with it';

/** Why users were logged out; empty if nobody was. */
export function why(measured: Measurement): string {
  return reasons(measured).join(', ');
}

/** The main reason, for narrow columns. */
export function mainReason(measured: Measurement): string {
  return reasons(measured)[0] ?? '';
}

function reasons({ causes, found, scenario }: Measurement): readonly string[] {
  if (found['logged-out'] === 0) return [];
  if (causes === undefined) {
    const name = SCENARIO_NAMES.find((each) => each === scenario);
    return [name !== undefined && SCENARIOS[name].nodesGo === 'never' ? 'moved' : 'moved, or lost'];
  }
  const [only, ...others] = causes;
  if (only === undefined) return ['unknown'];
  if (others.length === 0) return [WORDS[only.cause]];
  return causes.map(({ cause, share }) => `${WORDS[cause]} ${Math.round(100 * share)} %`);
}
