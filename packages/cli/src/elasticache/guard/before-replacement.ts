import { SessClientError } from '@sess/client';

import type { CacheClusterInfo } from '../cache-cluster-api.ts';
import type { GuardTools } from './guard-tools.ts';
import { announcedReplacements } from './replacements.ts';
import type { Replacement } from './guard-work.ts';

/** How far back to search for announcements of replacements. */
const EVENTS_MINUTES = 14 * 24 * 60;

/** Drains nodes that AWS will replace, and returns replaced nodes to rotation. */
export async function drainBeforeReplacement(
  tools: GuardTools,
  { nodes }: CacheClusterInfo,
  signal: AbortSignal,
): Promise<void> {
  const work = await tools.record.read();
  const ids = nodes.map(({ cacheNodeId }) => cacheNodeId);
  const announced = announcedReplacements(await tools.api.events(EVENTS_MINUTES), ids);
  const replacing: Record<string, Replacement> = Object.fromEntries(
    Object.entries(work.replacing).filter(([id]) => ids.includes(id)),
  );
  for (const [id, replacement] of Object.entries(replacing)) {
    const isOver = !announced.has(id) || tools.addressOf(nodes, id) !== replacement.address;
    if (replacement.isDone || !isOver) continue;
    await tools.putBack(nodes, [id], 'was replaced');
    replacing[id] = { ...replacement, isDone: true };
  }
  const fresh = [...announced].filter(([id, at]) => replacing[id]?.announcedAt !== at).map(([id]) => id);
  for (const id of fresh)
    replacing[id] = { announcedAt: announced.get(id) ?? 0, address: tools.addressOf(nodes, id), isDone: false };
  const open = Object.entries(replacing).flatMap(([id, { isDone }]) => (isDone ? [] : [id]));
  if (JSON.stringify(replacing) !== JSON.stringify(work.replacing)) await tools.write({ ...work, replacing });
  tools.tell({ replacing: open });
  const drained = await drainOpen(tools, nodes, open, signal);
  const { totals } = tools.state;
  tools.tell({ totals: { ...totals, drainedReplacements: totals.drainedReplacements + drained } });
}

/** AWS may replace the node before the sessions that only it holds have expired. */
const SOONER = 'What nobody uses until then is lost if AWS is sooner than that with the replacement of';

/** If a drain is impossible, the guard reports it and continues with its other duties. */
async function drainOpen(
  tools: GuardTools,
  nodes: CacheClusterInfo['nodes'],
  open: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  try {
    const why = tools.options.untilExpired === true ? SOONER : 'AWS will replace';
    const drained = await tools.drain(nodes, open, why, signal);
    tools.warnOf('replacement', undefined);
    return drained;
  } catch (error) {
    if (!SessClientError.is(error) || error.code !== 'SESS_SERVER') throw error;
    tools.warnOf(
      'replacement',
      `AWS will replace ${open.join(', ')}, and sessions are lost with it: ${error.message} Run the guard with --until-expired, keep two copies, or a database.`,
    );
    return 0;
  }
}
