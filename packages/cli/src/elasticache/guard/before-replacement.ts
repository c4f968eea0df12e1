import type { CacheClusterInfo } from '../cache-cluster-api.ts';
import type { GuardTools } from './guard-tools.ts';
import { announcedReplacements } from './replacements.ts';
import type { Replacement } from './guard-work.ts';

/** Announcements of replacements are looked for so far back. */
const EVENTS_MINUTES = 14 * 24 * 60;

/** Drains what AWS will replace, and takes back what it has replaced. */
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
  const drained = await tools.drain(nodes, open, 'AWS will replace', signal);
  const { totals } = tools.state;
  tools.tell({ totals: { ...totals, drainedReplacements: totals.drainedReplacements + drained } });
}
