/** `sess elasticache scale-vertically`: another node type, node by node. */
import { Obstructed, type Obstacle } from '../elasticache/obstacle.ts';
import { planScaleVertically, scaleVertically } from '../elasticache/scale-vertically.ts';
import { DONE, INTERRUPTED, NO } from '../exit-codes.ts';
import { Progress } from '../output/progress.ts';
import type { CommandContext } from './command-context.ts';
import { elastiCacheApi, journalOf } from './elasticache-context.ts';

export interface ScaleVerticallyOptions {
  readonly cluster?: string | undefined;
  readonly type: string;
  readonly pause: number;
  readonly untilExpired?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly timeout: number;
  readonly interval: number;
}

export async function elastiCacheScaleVertically(
  context: CommandContext,
  options: ScaleVerticallyOptions,
): Promise<number> {
  const { output, settings, streams } = context;
  const api = await elastiCacheApi(context, options.cluster);
  const journal = journalOf(context);
  const progress = new Progress(output.progressStream);
  try {
    const plan = await planScaleVertically(api, settings(), options.type, options);
    const { cluster, percentage, isDone, obstacles } = plan;
    if (obstacles.length > 0) return refused(context, obstacles);
    if (!isDone && options.dryRun !== true)
      await scaleVertically(api, plan, journal, {
        nodeType: options.type,
        intervalMinutes: options.pause,
        timeoutMs: 60_000 * options.timeout,
        intervalMs: 1_000 * options.interval,
        signal: streams.signal,
        onProgress: (text) => progress.say(text),
      });
    progress.end();
    output.data(
      {
        cluster: cluster.clusterId,
        nodeType: options.type,
        percentage,
        isDone: isDone || options.dryRun !== true,
        steps: journal.steps,
      },
      () =>
        isDone || options.dryRun !== true
          ? `${cluster.clusterId} is ${options.type}.`
          : `AWS would replace one node at a time, every ${options.pause} minutes. Nothing was changed.`,
    );
    return DONE;
  } catch (error) {
    progress.end();
    if (error instanceof Obstructed) return refused(context, [error.obstacle]);
    if (!streams.signal.aborted) throw error;
    output.error(
      'SESS_ABORTED',
      'Stopped watching. AWS goes on with what it was asked for; run the command again to watch it.',
    );
    return INTERRUPTED;
  } finally {
    progress.end();
    api.close();
  }
}

function refused({ output }: CommandContext, obstacles: readonly Obstacle[]): number {
  output.data({ obstacles, steps: [] }, () =>
    obstacles.map(({ reason, detail }) => `Not now (${reason}): ${detail}`).join('\n'),
  );
  return NO;
}
