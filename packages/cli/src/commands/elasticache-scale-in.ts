/** `sess elasticache scale-in`: removes nodes from ElastiCache without losing a session. */
import { createClient } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import type { CacheClusterApi } from '../elasticache/cache-cluster-api.ts';
import { requireMinimum } from '../elasticache/capacity.ts';
import type { Journal } from '../elasticache/journal.ts';
import type { Choice } from '../elasticache/nodes-to-remove.ts';
import { Obstructed, type Obstacle } from '../elasticache/obstacle.ts';
import { retryingApi } from '../elasticache/retries.ts';
import { names, planScaleIn, scaleIn, type ScaleInOptions, type ScaleInPlan } from '../elasticache/scale-in.ts';
import { DONE, NO } from '../exit-codes.ts';
import { plural } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';
import { capacityOf, elastiCacheApi, journalOf, notNow, stoppedBy } from './elasticache-context.ts';

export interface ScaleInCommandOptions {
  readonly cluster?: string | undefined;
  readonly nodes?: number | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly keysPerSecond?: number | undefined;
  readonly untilExpired?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly timeout: number;
  readonly interval: number;
}

/** A person waits for the plan, so it retries only for this time. */
const PLAN_RETRY_MS = 60_000;

export async function elastiCacheScaleIn(context: CommandContext, options: ScaleInCommandOptions): Promise<number> {
  const choice = choiceOf(options);
  const api = await elastiCacheApi(context, options.cluster);
  const journal = journalOf(context);
  const progress = new Progress(context.output.progressStream);
  const { signal } = context.streams;
  const capacity = capacityOf(context, api.clusterId);
  try {
    const retries = { timeoutMs: PLAN_RETRY_MS, signal, onRetry: (text: string) => progress.say(text) };
    const plan = await planScaleIn(retryingApi(api, retries), context.settings(), choice, options);
    if (plan.obstacles.length > 0) return refused(context, plan, journal, plan.obstacles);
    const requireWanted = async (): Promise<void> => {
      if (plan.going.length > 0 && !plan.isUnderWay)
        requireMinimum(plan.cluster.nodes.length - plan.going.length, await capacity());
    };
    await requireWanted();
    if (plan.going.length === 0 || options.dryRun === true) return reportPlan(context, plan);
    await execute(api, plan, journal, {
      historyIntervalMs: plan.settings.historyIntervalMs,
      keysPerSecond: options.keysPerSecond,
      untilExpired: options.untilExpired,
      timeoutMs: 60_000 * options.timeout,
      intervalMs: 1_000 * options.interval,
      signal,
      onProgress: (text) => progress.say(text),
      // A scheduled action may have raised the minimum during the drain.
      requireWanted,
    });
    progress.end();
    context.output.data(
      { ...shown(plan), removed: plan.going, steps: journal.steps },
      () =>
        `${names(plan.going)} ${plan.going.length === 1 ? 'is' : 'are'} gone, and no session with ${plan.going.length === 1 ? 'it' : 'them'}.`,
    );
    return DONE;
  } catch (error) {
    progress.end();
    if (error instanceof Obstructed) return refused(context, undefined, journal, [error.obstacle]);
    return stoppedBy(error, context, journal, RESUME);
  } finally {
    progress.end();
    api.close();
  }
}

const RESUME =
  'Stopped, and nothing is lost. Nodes that are drained stay out of rotation: run the same command again to go on, or `sess drain ID --put-back` to take them back.';

async function execute(
  api: CacheClusterApi,
  plan: ScaleInPlan,
  journal: Journal,
  options: ScaleInOptions,
): Promise<void> {
  const client = createClient(clientOptions(plan.settings, plan.copies));
  try {
    await client.ready();
    await scaleIn(api, client, plan, journal, options);
  } finally {
    await client.close();
  }
}

function choiceOf({ nodes, ids }: ScaleInCommandOptions): Choice {
  if (nodes !== undefined && ids === undefined) return { nodes };
  if (ids !== undefined && nodes === undefined) return { ids };
  throw new UsageError('Which nodes go? Give --nodes N (so many stay), or --ids 0003 0004, and not both.');
}

function shown({ cluster, going, copies, obstacles }: ScaleInPlan): object {
  return { cluster: cluster.clusterId, nodes: cluster.nodes, going, copies, obstacles };
}

function reportPlan({ output }: CommandContext, plan: ScaleInPlan): number {
  const { cluster, going } = plan;
  output.data({ ...shown(plan), removed: [], steps: [] }, () =>
    going.length === 0
      ? `Nothing to do: ${cluster.clusterId} has ${plural(cluster.nodes.length, 'node')}.`
      : [
          `${going.map(({ cacheNodeId, id, zone }) => `${cacheNodeId} (${id}${zone === undefined ? '' : `, ${zone}`})`).join(', ')} would go; nothing is in the way.`,
          'They would be drained side by side, and then named to AWS. Nothing was changed.',
        ].join('\n'),
  );
  return DONE;
}

function refused(
  { output }: CommandContext,
  plan: ScaleInPlan | undefined,
  journal: Journal,
  obstacles: readonly Obstacle[],
): number {
  output.data({ ...(plan && shown(plan)), obstacles, removed: [], steps: journal.steps }, () =>
    notNow(obstacles, journal, RESUME),
  );
  return NO;
}
