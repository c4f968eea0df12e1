import { parseArgs } from 'node:util';
import { PRESET_SCENARIOS, SCENARIO_NAMES, SCENARIOS, takesPart, type ScenarioName } from '../scenarios/scenarios.ts';
import type { TransportName } from '../apps/app-messages.ts';
import type { MeasureOptions } from '../measure/measure.ts';
import {
  PRESET_STRATEGIES,
  SERVED_STRATEGIES,
  STRATEGIES,
  STRATEGY_NAMES,
  type StrategyName,
} from '../apps/strategies.ts';

/** The parsed command line. */
export interface LabOptions extends MeasureOptions {
  readonly help: boolean;
  /** File for the measurements. */
  readonly json: string | undefined;
  /** Directory for the report with pictures. */
  readonly report: string | undefined;
}

/** The command line is wrong; the message says what was expected, what came and what to do. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

const RUNTIMES = ['auto', 'container', 'memcached', 'embedded'] as const;
/** Most strategies with `--serve`: each has its own cluster and apps. */
const MOST_SERVED = 4;
const TRANSPORTS = ['text', 'memjs'] as const;
const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  serve: { type: 'boolean' },
  runtime: { type: 'string' },
  users: { type: 'string' },
  nodes: { type: 'string' },
  apps: { type: 'string' },
  scenario: { type: 'string', multiple: true },
  strategy: { type: 'string', multiple: true },
  transport: { type: 'string' },
  copies: { type: 'string' },
  port: { type: 'string' },
  json: { type: 'string' },
  report: { type: 'string' },
  all: { type: 'boolean' },
} as const;
type Given = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** @throws {OptionError} for options that are not in `--help`, or that can't be combined */
export function parseOptions(argv: readonly string[]): LabOptions {
  const given = parse(argv);
  const serve = given.serve ?? false;
  checkCombinations(given, serve);
  const apps = integer('apps', given.apps, 1, 1, 8);
  const transport = oneOf('transport', given.transport ?? 'text', TRANSPORTS);
  const scenarios = chosenScenarios(given);
  return {
    help: given.help ?? false,
    serve,
    runtime: oneOf('runtime', given.runtime ?? 'auto', RUNTIMES),
    users: serve ? integer('users', given.users, 300, 1, 2_000) : integer('users', given.users, 500, 1, 100_000),
    nodes: integer('nodes', given.nodes, 3, 2, 16),
    apps,
    scenarios,
    strategies: chosenStrategies(given, serve, scenarios, transport),
    copies: integer('copies', given.copies, 1, 1, 3),
    transport,
    port: integer('port', given.port, 3_001, 1, 65_536 - 2 * apps),
    json: given.json,
    report: given.report,
  };
}

function chosenScenarios({ all, scenario }: Given): readonly ScenarioName[] {
  if (all === true || scenario?.includes('all')) return SCENARIO_NAMES;
  return scenario === undefined ? PRESET_SCENARIOS : several('scenario', scenario, SCENARIO_NAMES);
}

function chosenStrategies(
  { all, strategy }: Given,
  serve: boolean,
  scenarios: readonly ScenarioName[],
  transport: TransportName,
): readonly StrategyName[] {
  if (serve) return strategy === undefined ? SERVED_STRATEGIES : several('strategy', strategy, STRATEGY_NAMES);
  const takePart = (name: StrategyName): boolean =>
    scenarios.some((scenario) => takesPart(STRATEGIES[name], SCENARIOS[scenario]));
  // A drain needs the node to list its keys, which the binary protocol can't.
  const possible = (name: StrategyName): boolean =>
    takePart(name) && !(transport === 'memjs' && STRATEGIES[name].drains);
  if (strategy === undefined) return (all === true ? STRATEGY_NAMES : PRESET_STRATEGIES).filter(possible);

  const named = strategy.includes('all') ? STRATEGY_NAMES : several('strategy', strategy, STRATEGY_NAMES);
  const idle = named.find((name) => !takePart(name));
  if (idle !== undefined && !strategy.includes('all')) {
    const where = SCENARIO_NAMES.filter((name) => takesPart(STRATEGIES[idle], SCENARIOS[name]));
    throw new OptionError(
      `--strategy ${idle} takes part only in ${where.join(', ')}, not in ${scenarios.join(', ')}; add one of those, or leave it out.`,
    );
  }
  const impossible = named.find((name) => !possible(name));
  if (impossible !== undefined && !strategy.includes('all')) {
    throw new OptionError(
      `--strategy ${impossible} has a node list its keys, which memjs's binary protocol can't; leave out --transport memjs, or the strategy.`,
    );
  }
  return named.filter(possible);
}

function parse(argv: readonly string[]): Given {
  // `pnpm demo -- --serve` passes the separator on.
  const args = argv[0] === '--' ? argv.slice(1) : [...argv];
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OptionError(`${reason} Run with --help to see every option.`, { cause: error });
  }
}

function checkCombinations(given: Given, serve: boolean): void {
  const measuring = (['scenario', 'all', 'json', 'report'] as const).filter((name) => given[name] !== undefined);
  if (serve && measuring.length > 0) {
    throw new OptionError(
      `--serve keeps clusters and apps up for you to change; it measures nothing, so leave out --${measuring.join(', --')}.`,
    );
  }
  if (!serve && given.port !== undefined) {
    throw new OptionError(
      '--port is the first port of the apps in serve mode; add --serve, or leave it out: a measurement takes free ports.',
    );
  }
  if (given.all === true && given.scenario !== undefined) {
    throw new OptionError(
      `--all runs every scenario; leave it out, or leave out --scenario ${given.scenario.join(' --scenario ')}.`,
    );
  }
  if (serve && new Set(given.strategy).size > MOST_SERVED) {
    throw new OptionError(
      `--serve runs at most ${MOST_SERVED} strategies side by side, not ${given.strategy?.length}; leave some --strategy out.`,
    );
  }
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new OptionError(`--${name} is "${value}"; it must be one of ${allowed.join(', ')}.`);
  return found;
}

/** The given values, each once, in the order of `allowed`. */
function several<T extends string>(name: string, values: readonly string[], allowed: readonly T[]): readonly T[] {
  const wanted = new Set(values.map((value) => oneOf(name, value, allowed)));
  return allowed.filter((each) => wanted.has(each));
}

function integer(name: string, value: string | undefined, preset: number, least: number, most: number): number {
  if (value === undefined) return preset;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new OptionError(`--${name} is "${value}"; it must be a whole number from ${least} to ${most}.`);
  }
  return number;
}
