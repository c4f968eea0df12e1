/** Reads the guard's report from the nodes. */
import type { ObservedCluster } from '../../cluster/observed-cluster.ts';
import { duration, plural } from '../../output/format.ts';
import type { Output } from '../../output/output.ts';
import { GUARD_REPORT_KEY, reportIn, SILENT_AFTER_MS, type GuardReport } from './guard-report.ts';

/** The latest report on any node that may hold it; `undefined` if there was none for ten minutes. */
export async function guardSeen({ client, nodes }: ObservedCluster): Promise<GuardReport | undefined> {
  const { owners, elders } = client.explain(GUARD_REPORT_KEY);
  const items = await Promise.allSettled(
    [...owners, ...elders].map(async (id) => nodes.get(id)?.get(GUARD_REPORT_KEY)),
  );
  return items
    .flatMap((item) => (item.status === 'fulfilled' && item.value !== undefined ? [reportIn(item.value.value)] : []))
    .filter((report) => report !== undefined)
    .toSorted((one, other) => other.at - one.at)[0];
}

/** The report as lines for people; none without a report. */
export function guardLines(report: GuardReport | undefined, output: Output): readonly string[] {
  if (report === undefined) return [];
  const { at, guard } = report;
  const { obstacles, warnings, errorAt, error } = guard;
  if (guard.role === 'stopped') return [`No guard is active: ${guard.name} was stopped ${ago(at)}.`];
  const silence = Date.now() - at;
  if (silence > SILENT_AFTER_MS)
    return [
      `${output.paint('red', `No guard is active:`)} ${guard.name} said last, ${ago(at)}, that it was ${guard.doing}. Is a guard running, and does it reach the nodes?`,
    ];
  const last = error === undefined ? 'a round failed' : error;
  return [
    `Guard ${guard.name} of ${guard.clusterId}${since(' has been active for', guard.activeSince)}: ${guard.doing}${since(', for', guard.doingSince)}. ${wantedText(guard)}`,
    ...obstacles.map(({ reason, detail }) => `  does not scale in (${reason}): ${detail}`),
    ...warnings.map((warning) => `  ${output.paint('yellow', 'warning:')} ${warning}`),
    ...(errorAt === undefined ? [] : [`  last error, ${ago(errorAt)}: ${last}`]),
  ];
}

function wantedText({ nodes, wanted }: GuardReport['guard']): string {
  if (nodes === undefined) return '';
  return wanted === undefined || wanted >= nodes
    ? `${plural(nodes, 'node')}, none too many.`
    : `${plural(nodes, 'node')}, of which ${wanted} are wanted.`;
}

function since(words: string, moment: number | undefined): string {
  return moment === undefined ? '' : `${words} ${duration((Date.now() - moment) / 1_000)}`;
}

function ago(moment: number): string {
  return `${duration((Date.now() - moment) / 1_000)} ago`;
}
