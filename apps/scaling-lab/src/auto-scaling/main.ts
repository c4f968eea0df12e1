/** `node dist/auto-scaling/main.js`: what auto scaling of ElastiCache costs users, for each way to keep sessions. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import Table from 'cli-table3';

import { runAutoScaling, type AutoScalingResult } from './run-auto-scaling.ts';
import { AUTO_SCALING_SCENARIOS, type AutoScalingScenarioName } from './scenarios.ts';
import { SCALING_STRATEGIES, type ScalingStrategyName } from './strategies.ts';

const HELP = `Usage: node apps/scaling-lab/dist/auto-scaling/main.js [options]

  --scenario NAME    ${Object.keys(AUTO_SCALING_SCENARIOS).join(', ')} (all); can be given again
  --strategy NAME    ${Object.keys(SCALING_STRATEGIES).join(', ')} (all); can be given again
  --runtime NAME     auto, container, memcached, embedded (memcached)
  --users N          logged-in users for each strategy (300)
  --cycles N         days of target-tracking (2)
  --time-scale N     how many times faster than at AWS (20, as the clients' own times are)
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
  const results: AutoScalingResult[] = [];
  for (const scenario of scenarios)
    for (const strategy of strategies) {
      process.stderr.write(`${scenario.name}, ${strategy.name}\n`);
      const result = await runAutoScaling(scenario, strategy, {
        runtime: values.runtime as 'auto',
        users: Number(values.users),
        cycles: Number(values.cycles),
        timeScale: Number(values['time-scale']),
        signal: stop.signal,
      });
      process.stderr.write(`  ${result.loggedOut} of ${result.users} logged out, ${result.revived} came back\n`);
      results.push(result);
    }
  process.stdout.write(`${table(results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(results, undefined, 2));
  return results.some(({ isBroken }) => isBroken) ? 1 : 0;
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
