import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { runCommand } from '@sess/cli';
import { startLocalElastiCache, type LocalElastiCache } from '@sess/local-cluster';

import { awsEnvironment, METRIC, putPolicy } from './aws.ts';
import { FEW, isPromised, MANY, type AutoScalingScenario, type Stage } from './scenarios.ts';
import { HISTORY_SECRET, openAppServer, PACE, type AppServer, type ScalingStrategy } from './strategies.ts';
import { Users, type UserCount } from './users.ts';

export interface AutoScalingOptions {
  readonly runtime: 'auto' | 'container' | 'memcached' | 'embedded';
  readonly users: number;
  readonly cycles: number;
  /** How many times faster than at AWS time passes. */
  readonly timeScale: number;
  readonly signal: AbortSignal;
}

export interface AutoScalingResult extends UserCount {
  readonly scenario: string;
  readonly strategy: string;
  readonly seconds: number;
  /** The observed numbers of nodes, in order. */
  readonly nodes: readonly number[];
  /** This project's promise was broken: a user was logged out, or a logged-out session was revived. */
  readonly isBroken: boolean;
}

const APP_SERVERS = 2;
const SETTLE_LOOK_MS = 1_000;
/** How many characters of a command's output to keep: the last ones. */
const MOST_SAID = 2_000;
/** Visits per second for a load of 100. */
const VISITS = 30;

/** Runs one scenario with one strategy, over its own stand-in for ElastiCache. */
export async function runAutoScaling(
  scenario: AutoScalingScenario,
  strategy: ScalingStrategy,
  { runtime, users: userCount, cycles, timeScale, signal }: AutoScalingOptions,
): Promise<AutoScalingResult> {
  const aws = await startLocalElastiCache({ nodes: scenario.nodes, runtime, timeScale, engineVersion: '1.6.12' });
  const over = new AbortController();
  const secret = randomBytes(32).toString('base64url');
  let apps: readonly AppServer[] = [];
  let { copies } = strategy;
  const open = (): Promise<AppServer> => openAppServer({ ...strategy, copies }, aws, secret);
  const work: Promise<unknown>[] = [];
  const startedAt = performance.now();
  try {
    apps = await Promise.all(Array.from({ length: APP_SERVERS }, open));
    const users = new Users(() => apps);
    await users.logIn(userCount);
    await putPolicy(aws, { min: FEW, max: MANY, isScaleInDisabled: strategy.guard === '' || !scenario.followsMetric });
    const stage: Stage = {
      aws,
      strategy,
      load: scenario.load,
      signal: AbortSignal.any([signal, over.signal]),
      minutes: (count) => (60_000 * count) / timeScale,
      async deploy(wanted = strategy.copies) {
        copies = wanted;
        for (const [place, former] of apps.entries()) {
          const next = await open();
          apps = apps.with(place, next);
          await former.close();
        }
      },
      async settled() {
        do await pause(SETTLE_LOOK_MS, undefined, { signal });
        while (apps.some(({ handovers }) => handovers > 0));
      },
      async sess(words) {
        const [code, said] = await sess(aws, copies, words, stage.signal);
        if (code !== 0) throw new Error(`sess elasticache ${words.join(' ')} ended with ${code}: ${said}`);
      },
    };
    const seen = [aws.nodes.length];
    work.push(traffic(stage, users, over.signal), measure(stage, seen, over.signal));
    if (strategy.guard !== undefined && scenario.isGuarded) {
      const started = startGuard(aws, strategy, over.signal);
      work.push(started.ended);
      await started.active;
    }
    await scenario.happen(stage, cycles);
    // Time for the last list to reach every server, and for visits that migrate sessions.
    await pause(2_000, undefined, { signal });
    const count = await users.count();
    return {
      scenario: scenario.name,
      strategy: strategy.name,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      nodes: seen,
      ...count,
      isBroken:
        strategy.library === 'sess' && (count.revived > 0 || (isPromised(scenario, strategy) && count.loggedOut > 0)),
    };
  } finally {
    over.abort();
    await Promise.allSettled(work);
    await Promise.allSettled(apps.map((app) => app.close()));
    await aws.close();
  }
}

/** Sends visits at a rate in proportion to the load; every fiftieth visitor logs in and out. */
async function traffic(stage: Stage, users: Users, over: AbortSignal): Promise<void> {
  for (let visit = 1; !over.aborted; visit += 1) {
    await (visit % 50 === 0 ? users.logOutOne() : users.visitOfSomebody());
    await pause(100_000 / (VISITS * stage.load));
  }
}

async function measure(stage: Stage, seen: number[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { length } = stage.aws.nodes;
    stage.aws.putMetric(METRIC, stage.load / length);
    if (seen.at(-1) !== length) seen.push(length);
    await pause(100);
  }
}

/** Starts the guard and waits for it, as an operator would: a guard gets its lease half a minute after its start. */
function startGuard(
  aws: LocalElastiCache,
  strategy: ScalingStrategy,
  over: AbortSignal,
): { readonly active: Promise<void>; readonly ended: Promise<unknown> } {
  const given = (strategy.guard ?? '').split(' ').filter((word) => word !== '');
  let ended: Promise<unknown> = Promise.resolve();
  const active = new Promise<void>((resolve, reject) => {
    const run = sess(aws, strategy.copies, ['guard', '--cooldown-scale', '0', ...given], over, (said) => {
      if (said.includes('This guard is active')) resolve();
    });
    ended = run;
    run.then(([code, said]) => reject(new Error(`The guard ended with ${code}: ${said}`)), reject);
  });
  return { active, ended };
}

/** Runs `sess elasticache …`; resolves to its exit code and the end of its output. */
async function sess(
  aws: LocalElastiCache,
  copies: number,
  words: readonly string[],
  signal: AbortSignal,
  onSaid: (said: string) => void = () => undefined,
): Promise<readonly [code: number, said: string]> {
  let said = '';
  const stream = {
    write(text: string) {
      said = (said + text).slice(-MOST_SAID);
      onSaid(text);
    },
  };
  const code = await runCommand(['elasticache', ...words, '--cluster', aws.clusterId, '--interval', '0.5'], {
    stdout: stream,
    stderr: stream,
    readInput: () => Promise.resolve(''),
    version: '0',
    env: {
      ...awsEnvironment(aws),
      SESS_SERVERS: `${aws.url}?${PACE}&timeoutMs=2000&copies=${copies}`,
      SESS_HISTORY_SECRET: HISTORY_SECRET,
    },
    signal,
  });
  return [code, said];
}
