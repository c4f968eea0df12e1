/** The guard, as somebody sees it who looks at the cluster. */
import type { Look } from '../../cluster/look.ts';
import { duration, plural } from '../../output/format.ts';
import type { Output } from '../../output/output.ts';
import { GUARD_WORD_KEY, wordIn, type GuardWord } from './guard-word.ts';

/** Six words of a guard that lives. */
const SILENT_AFTER_MS = 60_000;

/** What the active guard said last, to any node that it may stand on; `undefined` where there was none for ten minutes. */
export async function guardSeen({ client, nodes }: Look): Promise<GuardWord | undefined> {
  const { owners, elders } = client.explain(GUARD_WORD_KEY);
  const items = await Promise.allSettled([...owners, ...elders].map(async (id) => nodes.get(id)?.get(GUARD_WORD_KEY)));
  return items
    .flatMap((item) => (item.status === 'fulfilled' && item.value !== undefined ? [wordIn(item.value.value)] : []))
    .filter((word) => word !== undefined)
    .toSorted((one, other) => other.at - one.at)[0];
}

/** Lines for people; none where there is no guard. */
export function guardLines(word: GuardWord | undefined, output: Output): readonly string[] {
  if (word === undefined) return [];
  const { at, guard } = word;
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

function wantedText({ nodes, wanted }: GuardWord['guard']): string {
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
