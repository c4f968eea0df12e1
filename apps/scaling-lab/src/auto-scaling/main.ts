/** `node dist/auto-scaling/main.js`: what auto scaling of ElastiCache costs users, for each way to store sessions. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import Table from 'cli-table3';

import { forEachConcurrently } from '../process/for-each-concurrently.ts';
import { runAutoScaling, type AutoScalingOptions, type AutoScalingResult } from './run-auto-scaling.ts';
import { AUTO_SCALING_SCENARIOS, type AutoScalingScenarioName } from './scenarios.ts';
import { SCALING_STRATEGIES, type ScalingStrategyName } from './strategies.ts';

const HELP = `Usage: node apps/scaling-lab/dist/auto-scaling/main.js [options]

  --scenario NAME    ${Object.keys(AUTO_SCALING_SCENARIOS).join(', ')} (all); can be given again
  --strategy NAME    ${Object.keys(SCALING_STRATEGIES).join(', ')} (all); can be given again
  --runtime NAME     auto, container, memcached, embedded (memcached)
  --users N          logged-in users for each strategy (300)
  --cycles N         days of target-tracking and daily-curve (2)
  --time-scale N     how many times faster than at AWS (20, as the clients' own times are)
  --at-once N        pairs of a scenario and a strategy that run side by side (4)
  --json FILE        where the figures go
`;

process.exit(await main());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true, default: Object.keys(AUTO_SCALING_SCENARIOS) },
      strategy: { type: 'string', multiple: true, default: Object.keys(SCALING_STRATEGIES) },
      runtime: { type: 'string', default: 'memcached' },
      users: { type: 'string', default: '300' },
      cycles: { type: 'string', default: '2' },
      'time-scale': { type: 'string', default: '20' },
      'at-once': { type: 'string', default: '4' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const scenarios = values.scenario.map((name) => AUTO_SCALING_SCENARIOS[name as AutoScalingScenarioName]);
  const strategies = values.strategy.map((name) => SCALING_STRATEGIES[name as ScalingStrategyName]);
  if (values.help || scenarios.includes(undefined as never) || strategies.includes(undefined as never)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const runs = scenarios.flatMap((scenario) => strategies.map((strategy) => ({ scenario, strategy })));
  const options: AutoScalingOptions = {
    runtime: values.runtime as 'auto',
    users: Number(values.users),
    cycles: Number(values.cycles),
    timeScale: Number(values['time-scale']),
    signal: stop.signal,
  };
  const measured: AutoScalingResult[] = [];
  const found = (): AutoScalingResult[] => measured.filter((result) => result !== undefined);
  await forEachConcurrently(
    runs.entries(),
    Number(values['at-once']),
    async ([place, { scenario, strategy }]) => {
      const told = `${scenario.name}, ${strategy.name}`;
      try {
        const result = await runAutoScaling(scenario, strategy, options);
        const { loggedOut, users, revived, seconds } = result;
        process.stderr.write(`${told}: ${loggedOut} of ${users} logged out, ${revived} came back; ${seconds} s\n`);
        measured[place] = result;
        // Each run takes minutes: if the rest is stopped, the results so far are kept.
        if (values.json !== undefined) await writeFile(values.json, JSON.stringify(found(), undefined, 2));
      } catch (error) {
        // The other runs continue, because each takes minutes.
        process.stderr.write(`${told} failed: ${String(error)}\n`);
      }
    },
    stop.signal,
  );
  const results = found();
  process.stdout.write(`${table(results)}\n`);
  return results.length < runs.length || results.some(({ isBroken }) => isBroken) ? 1 : 0;
}

function table(results: readonly AutoScalingResult[]): string {
  const printed = new Table({
    style: { head: [], border: [] },
    head: ['scenario', 'strategy', 'nodes', 'logged out', 'revived', 'failed', 'took'],
  });
  printed.push(
    ...results.map(({ scenario, strategy, nodes, loggedOut, users, revived, left, failed, visits, seconds }) => [
      scenario,
      strategy,
      nodes.join(' '),
      `${loggedOut} of ${users}`,
      `${revived} of ${left}`,
      `${failed} of ${visits}`,
      `${seconds} s`,
    ]),
  );
  return printed.toString();
}
