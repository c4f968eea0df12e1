import { SCENARIOS, SCENARIO_NAMES } from './scenarios.ts';
import { STRATEGIES, STRATEGY_NAMES } from './strategies.ts';

/** What `--help` prints. */
export function help(): string {
  return `The scaling lab: users log in, the cluster changes under them, and it counts who is still logged in.

Usage: npx pnpm@10 demo [options]

  --runtime auto|container|memcached|embedded
                     how to run the nodes (auto: the first of these that works here)
  --users N          logged-in users per strategy (2,000)
  --nodes N          nodes that a scenario starts with (3)
  --apps N           processes of each framework, per strategy (2: two Fastify, two Koa)
  --scenario NAME    only this one; can be given again (all)
  --strategy NAME    only this one; can be given again (all; with --serve: ketama)
  --transport text|memjs
                     protocol of the ketama strategy: built-in text, or memjs's binary one (text)
  --copies N         nodes that hold each session, with the ketama strategy, 1 to 3 (1)
  --json FILE        write the measurements to FILE
  --serve            measure nothing: keep cluster and apps up, and say what to try
  --port N           with --serve: port of the first app; the others follow (3001)
  -h, --help         this text

Scenarios, in this order:
${SCENARIO_NAMES.map((name) => `  ${name.padEnd(12)} ${SCENARIOS[name].does}`).join('\n')}

Strategies, which live through the same events side by side:
${STRATEGY_NAMES.map((name) => `  ${name.padEnd(12)} ${STRATEGIES[name].does}`).join('\n')}

Exit code: 0 when the ketama strategy lost no more than it should, 1 when it did or something failed, 2 for wrong options,
128 + number after a signal.
`;
}
