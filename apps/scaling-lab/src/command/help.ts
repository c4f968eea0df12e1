import { PRESET_SCENARIOS, SCENARIOS, SCENARIO_NAMES } from '../scenarios/scenarios.ts';
import { PRESET_STRATEGIES, STRATEGIES, STRATEGY_NAMES } from '../apps/strategies.ts';

/** What `--help` prints. */
export function help(): string {
  return `The scaling lab: users log in, the cluster changes under them, and it counts who is still logged in.

Usage: npx pnpm@10 demo [options]

  --all              every scenario with every strategy; without it, those marked *
  --scenario NAME    only this one; can be given again; "all" is every one
  --strategy NAME    only this one; can be given again; "all" is every one
  --runtime auto|container|memcached|embedded
                     how to run the nodes (auto: the first of these that works here)
  --users N          logged-in users per strategy (500; with --serve 300)
  --nodes N          nodes that a scenario starts with, per strategy (3)
  --apps N           processes of each framework, per strategy (1: one Fastify, one Koa)
  --transport text|memjs
                     protocol of the sess strategies: built-in text, or memjs's binary one (text)
  --copies N         nodes that hold each session, with the strategy sess, 1 to 3 (1)
  --json FILE        write the measurements to FILE
  --report DIR       write a page with pictures to DIR/index.html
  --serve            measure nothing: keep clusters and apps up while users shop, and serve a page on 127.0.0.1 that
                     shows what happens and has buttons to add, remove, drain, crash, pause and restart nodes
                     (strategies: modulo, ketama, sess)
  --port N           with --serve: port of the first app; the others follow (3001)
  -h, --help         this text

Scenarios, in this order:
${SCENARIO_NAMES.map((name) => line(name, PRESET_SCENARIOS.includes(name), SCENARIOS[name].does)).join('\n')}

Strategies, which live through the same events side by side:
${STRATEGY_NAMES.map((name) => line(name, PRESET_STRATEGIES.includes(name), STRATEGIES[name].does)).join('\n')}

Exit code: 0 when the sess strategies kept what they promise, 1 when they did not or something failed, 2 for wrong options,
128 + number after a signal.
`;
}

function line(name: string, preset: boolean, does: string): string {
  return `  ${preset ? '*' : ' '} ${name.padEnd(20)} ${does}`;
}
