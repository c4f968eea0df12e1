import type { Measurement } from '../measure/measurement.ts';
import type { Report } from '../measure/report.ts';
import { STRATEGIES, STRATEGY_NAMES, type StrategyName } from '../apps/strategies.ts';
import { markdownTable } from './markdown.ts';

/** The part of a demo run that is stored. */
export interface MeasuredDemo extends Pick<Report, 'startedAt' | 'durationMs' | 'runtime' | 'node' | 'users'> {
  readonly measurements: readonly MeasuredEvent[];
}

type MeasuredEvent = Pick<
  Measurement,
  'scenario' | 'phase' | 'strategy' | 'nodesBefore' | 'nodesAfter' | 'users' | 'found' | 'sawOlder' | 'left' | 'revived'
>;

/** Titles of events. An event without one is shown by its scenario and phase. */
const EVENTS: Readonly<Record<string, string>> = {
  'scale-up, added': 'a node is added',
  'scale-down, removed': 'a node is taken away',
  'up-and-down, back': 'a node is added and taken away again',
  'crash, listed': 'a node crashed and is still listed',
  'crash, dropped': 'it left the list',
  'logout-in-pause, resumed': 'a node hangs while users log out, and goes on',
  'fixed-list, deployed': 'a longer fixed list, by a rolling deploy',
  'zone-lost, listed': 'one of two zones is lost, its nodes are still listed',
  'zone-lost, dropped': 'they left the list',
  'one-after-the-other, both empty': 'a node restarts empty, users come by, the next one restarts',
  'finished-then-removed, stopped': 'a node is replaced, and stopped without a drain when the handover is finished',
};
const TITLES: Readonly<Partial<Record<StrategyName, string>>> = {
  modulo: '`modulo`: memjs as most people run it',
  ketama: '`ketama`: npm memcached',
  sess: '`sess`: @sess, one copy',
};

export function keptOf({ startedAt, durationMs, runtime, node, users, measurements }: Report): MeasuredDemo {
  return {
    startedAt,
    durationMs,
    runtime,
    node,
    users,
    measurements: measurements.map((measured) => ({
      scenario: measured.scenario,
      phase: measured.phase,
      strategy: measured.strategy,
      nodesBefore: measured.nodesBefore,
      nodesAfter: measured.nodesAfter,
      users: measured.users,
      found: measured.found,
      sawOlder: measured.sawOlder,
      left: measured.left,
      revived: measured.revived,
    })),
  };
}

/** The logged-out users as a table: a row for each event, a column for each strategy. */
export function demoTable({ measurements }: MeasuredDemo): string {
  const events = [...new Set(measurements.map(eventOf))];
  const took = STRATEGY_NAMES.filter((name) => measurements.some(({ strategy }) => strategy === name));
  // Omits strategies with a database: they lose no session with a node.
  const shown = took.filter((name) => !STRATEGIES[name].database);
  return markdownTable(
    ['event', ...shown.map((name) => TITLES[name] ?? `\`${name}\``)],
    events.map((event) => {
      const those = measurements.filter((measured) => eventOf(measured) === event);
      return [titleOf(event, those), ...shown.map((name) => cell(those.find(({ strategy }) => strategy === name)))];
    }),
  );
}

function eventOf({ scenario, phase }: MeasuredEvent): string {
  return `${scenario}, ${phase}`;
}

function titleOf(event: string, [first]: readonly MeasuredEvent[]): string {
  const title = EVENTS[event] ?? event;
  if (first === undefined || first.nodesBefore === first.nodesAfter) return title;
  return `${title} (${first.nodesBefore}→${first.nodesAfter})`;
}

function cell(measured: MeasuredEvent | undefined): string {
  if (measured === undefined) return '–';
  const { 'logged-out': loggedOut, unavailable } = measured.found;
  return unavailable === 0 ? String(loggedOut) : `${loggedOut}, and ${unavailable} out of reach`;
}
