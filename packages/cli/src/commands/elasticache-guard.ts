/** `sess elasticache guard`: a daemon that scales in, and drains what AWS will replace. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { createClient } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import { observeToChange } from '../cluster/observe-to-change.ts';
import { awsSettings } from '../elasticache/cache-cluster-api.ts';
import { parseDailyStep } from '../elasticache/guard/daily-schedule.ts';
import { Guard } from '../elasticache/guard/guard.ts';
import { startGuardServer, type GuardServer } from '../elasticache/guard/guard-server.ts';
import { scalingSource, type ScalingSource } from '../elasticache/guard/scaling-policy.ts';
import { snsVerifier } from '../elasticache/guard/sns-message.ts';
import { Journal } from '../elasticache/journal.ts';
import { DONE } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';
import { capacityOf, elastiCacheApi } from './elasticache-context.ts';

export interface GuardCommandOptions {
  readonly cluster?: string | undefined;
  /** `--no-policy`: follows the schedule alone, or only handles replacements. */
  readonly policy: boolean;
  readonly at?: readonly string[] | undefined;
  readonly preDrain?: number | undefined;
  readonly listen?: string | undefined;
  readonly snsTopic?: string | undefined;
  readonly keysPerSecond?: number | undefined;
  readonly untilExpired?: boolean | undefined;
  readonly timeout: number;
  readonly interval: number;
  readonly cooldownScale?: number | undefined;
  readonly lease?: number | undefined;
  readonly records?: number | undefined;
}

/** A round that lasts this many intervals counts as stuck. */
const STUCK_ROUNDS = 20;

export async function elastiCacheGuard(context: CommandContext, options: GuardCommandOptions): Promise<number> {
  const { output, settings, streams } = context;
  const schedule = (options.at ?? []).map(parseDailyStep);
  const listen = options.listen === undefined ? undefined : hostAndPort(options.listen);
  const verify = options.snsTopic === undefined ? undefined : await snsVerifier(options.snsTopic);
  if (verify !== undefined && listen === undefined) throw new UsageError('--sns-topic needs --listen HOST:PORT.');
  const api = await elastiCacheApi(context, options.cluster);
  const scaling = await scalingOf(context, api.clusterId, options.policy, schedule.length > 0);
  const observed = await observeToChange(settings());
  await observed.close();
  const client = createClient(clientOptions(observed.settings, observed.copies));
  // One line per step, for systemd's journal or a container's log.
  const journal = new Journal(({ at, what }) =>
    output.isJson ? output.data({ at, what }, () => '') : output.note(`${at} ${what}`),
  );
  const intervalMs = 1_000 * options.interval;
  const guard = new Guard(api, client, observed.settings, scaling, journal, {
    name: `${hostname()}/${randomUUID()}`,
    words: wordsOf(options),
    intervalMs,
    timeoutMs: 60_000 * options.timeout,
    keysPerSecond: options.keysPerSecond,
    untilExpired: options.untilExpired,
    schedule,
    preDrain: options.preDrain ?? 0,
    cooldownScale: options.cooldownScale ?? 1,
    leaseMs: options.lease === undefined ? undefined : 1_000 * options.lease,
    recordSeconds: options.records,
    signal: streams.signal,
  });
  let server: GuardServer | undefined;
  try {
    await client.ready();
    server =
      listen &&
      (await startGuardServer({
        ...listen,
        state: () => guard.state,
        stuckAfterMs: STUCK_ROUNDS * intervalMs,
        verify,
        announced: () => guard.lookNow(),
        note: (text) => journal.add(text),
      }));
    journal.add(
      `Guards ${api.clusterId}${server === undefined ? '' : `; its state is at http://${server.address}/state`}`,
    );
    await guard.run();
    // A daemon runs until it is stopped, so that is no error.
    return DONE;
  } finally {
    await server?.close();
    await client.close();
    scaling?.close();
    api.close();
  }
}

/** The options that decide what the guard does. */
function wordsOf({ policy, at = [], preDrain, untilExpired = false, keysPerSecond }: GuardCommandOptions): string {
  return [
    ...(policy ? [] : ['--no-policy']),
    ...(at.length > 0 ? ['--at', ...at] : []),
    ...(preDrain === undefined ? [] : ['--pre-drain', preDrain]),
    ...(untilExpired ? ['--until-expired'] : []),
    ...(keysPerSecond === undefined ? [] : ['--keys-per-second', keysPerSecond]),
  ].join(' ');
}

async function scalingOf(
  context: CommandContext,
  clusterId: string,
  byPolicy: boolean,
  bySchedule: boolean,
): Promise<ScalingSource | undefined> {
  if (!byPolicy) return bySchedule ? minimumOnly(context, clusterId) : undefined;
  const { env } = context.streams;
  return scalingSource(clusterId, {
    autoScaling: awsSettings(env, 'APPLICATION_AUTO_SCALING'),
    cloudWatch: awsSettings(env, 'CLOUDWATCH'),
  });
}

/** Without policies. The schedule must not go below AWS's minimum either, or AWS adds nodes again at once. */
function minimumOnly(context: CommandContext, clusterId: string): ScalingSource {
  const capacity = capacityOf(context, clusterId);
  return {
    scaling: async () => ({ minCapacity: (await capacity())?.min ?? 1, scalesIn: [], policies: [] }),
    averages: async () => [],
    close: () => undefined,
  };
}

function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const [, host = '127.0.0.1', port] = /^(?:([^\s:]+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new UsageError(`--listen: expected HOST:PORT, or a port of 127.0.0.1; came "${text}".`);
  return { host, port: Number(port) };
}
