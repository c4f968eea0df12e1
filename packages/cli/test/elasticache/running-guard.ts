import { expect } from 'vitest';

import { run, type Outcome } from '../run.ts';
import { closeShops, type Shop } from './shop.ts';

/** A guard in this process. */
export interface RunningGuard {
  readonly said: () => string;
  /** Of `--listen`. */
  readonly url: () => string;
  stop(): Promise<Outcome>;
}

const guards: RunningGuard[] = [];

/** Call it after each test. */
export async function stopGuards(): Promise<void> {
  for (const running of guards.splice(0)) await running.stop();
  await closeShops();
}

/** Starts a guard of this cluster; `words` are further options. */
export function guard(site: Shop, words = '', heard: (text: string) => void = () => undefined): RunningGuard {
  const stop = new AbortController();
  let said = '';
  const all = ['elasticache', 'guard', '--cluster', site.aws.clusterId, '--interval', '0.2', '--listen', '127.0.0.1:0'];
  const ended = run([...all, '--cooldown-scale', '0', ...words.split(' ').filter((word) => word !== '')], {
    env: site.env,
    signal: stop.signal,
    heard: (text) => {
      said += text;
      heard(text);
    },
  });
  const running: RunningGuard = {
    said: () => said,
    url: () => /http:\/\/[\d.:]+/.exec(said)?.[0] ?? '',
    stop: () => {
      stop.abort();
      return ended;
    },
  };
  guards.push(running);
  return running;
}

/** What it says at /state. */
export async function state(running: RunningGuard): Promise<Record<string, unknown>> {
  await expect.poll(() => running.url()).not.toBe('');
  return (await (await fetch(`${running.url()}/state`)).json()) as Record<string, unknown>;
}
