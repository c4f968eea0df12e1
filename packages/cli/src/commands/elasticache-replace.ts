/** `sess elasticache replace`: replaces nodes with new ones, one after another. */
import { createClient } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import { requireRoom } from '../elasticache/capacity.ts';
import { Obstructed, type Obstacle } from '../elasticache/obstacle.ts';
import { planReplace, replaceNodes, type ReplacePlan } from '../elasticache/replace.ts';
import { names } from '../elasticache/scale-in.ts';
import { DONE, NO } from '../exit-codes.ts';
import { Progress } from '../output/progress.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';
import { capacityOf, elastiCacheApi, journalOf, notNow, stoppedBy } from './elasticache-context.ts';

export interface ReplaceCommandOptions {
  readonly cluster?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
  readonly keysPerSecond?: number | undefined;
  readonly untilExpired?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly records?: number | undefined;
  readonly timeout: number;
  readonly interval: number;
}

const RESUME =
  'Stopped, and nothing is lost. Run the same command again to go on. A node that was added stays, and so does a drain that is done.';

export async function elastiCacheReplace(context: CommandContext, options: ReplaceCommandOptions): Promise<number> {
  const { output, settings, streams } = context;
  if ((options.ids === undefined) === (options.all !== true))
    throw new UsageError('Which nodes are to be replaced? Give --ids 0003 0004, or --all, and not both.');
  const api = await elastiCacheApi(context, options.cluster);
  const journal = journalOf(context);
  const capacity = capacityOf(context, api.clusterId);
  const progress = new Progress(output.progressStream);
  const refused = (obstacles: readonly Obstacle[]): number => {
    progress.end();
    output.data({ obstacles, replaced: [], steps: journal.steps }, () => notNow(obstacles, journal, RESUME));
    return NO;
  };
  try {
    const plan = await planReplace(api, settings(), options.ids, options);
    const { cluster, old, obstacles } = plan;
    if (obstacles.length > 0) return refused(obstacles);
    const isDry = options.dryRun === true;
    if (isDry && old.length > 0) requireRoom(cluster.nodes.length, await capacity());
    if (!isDry) await execute(plan);
    progress.end();
    output.data({ cluster: cluster.clusterId, replaced: isDry ? [] : old, going: old, steps: journal.steps }, () =>
      old.length === 0
        ? `Nothing to do: ${cluster.clusterId} has ${names(cluster.nodes)}.`
        : isDry
          ? dryText(plan)
          : `${names(old)} ${old.length === 1 ? 'was' : 'were'} replaced, and no session was lost.`,
    );
    return DONE;
  } catch (error) {
    progress.end();
    if (error instanceof Obstructed) return refused([error.obstacle]);
    return stoppedBy(error, context, journal, RESUME);
  } finally {
    progress.end();
    api.close();
  }

  async function execute(plan: ReplacePlan): Promise<void> {
    const client = createClient(clientOptions(plan.settings, plan.copies));
    try {
      await client.ready();
      await replaceNodes(api, client, plan, journal, {
        historyIntervalMs: plan.settings.historyIntervalMs,
        keysPerSecond: options.keysPerSecond,
        untilExpired: options.untilExpired,
        timeoutMs: 60_000 * options.timeout,
        intervalMs: 1_000 * options.interval,
        signal: streams.signal,
        capacity,
        recordSeconds: options.records,
        onProgress: (text) => progress.say(text),
      });
    } finally {
      await client.close();
    }
  }
}

function dryText({ old, cluster }: ReplacePlan): string {
  return [
    ...old.map(
      ({ cacheNodeId, zone }) =>
        `${cacheNodeId}: AWS would add a node${zone === undefined ? '' : ` in ${zone}`}, and take ${cacheNodeId} away when it is drained.`,
    ),
    `There would be ${cluster.nodes.length + 1} nodes for a while. Nothing was changed.`,
  ].join('\n');
}
