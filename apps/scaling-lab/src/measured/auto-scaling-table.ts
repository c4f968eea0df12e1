import type { AutoScalingResult } from '../auto-scaling/run-auto-scaling.ts';
import { AUTO_SCALING_SCENARIOS } from '../auto-scaling/scenarios.ts';
import { SCALING_STRATEGIES } from '../auto-scaling/strategies.ts';
import { markdownTable } from './markdown.ts';

/** The logged-out users as a table: a row for each strategy, a column for each scenario. */
export function autoScalingTable(results: readonly AutoScalingResult[]): string {
  const scenarios = namesOf(AUTO_SCALING_SCENARIOS).filter((name) => results.some(({ scenario }) => scenario === name));
  const strategies = namesOf(SCALING_STRATEGIES).filter((name) => results.some(({ strategy }) => strategy === name));
  return markdownTable(
    ['sessions in', ...scenarios.map((name) => `\`${name}\``)],
    strategies.map((name) => [
      `\`${name}\`: ${SCALING_STRATEGIES[name].does}`,
      ...scenarios.map((scenario) =>
        cell(results.find((result) => result.scenario === scenario && result.strategy === name)),
      ),
    ]),
  );
}

/** Describes the scenario of each column. */
export function autoScalingLegend(results: readonly AutoScalingResult[]): string {
  return namesOf(AUTO_SCALING_SCENARIOS)
    .filter((name) => results.some(({ scenario }) => scenario === name))
    .map((name) => `- \`${name}\`: ${AUTO_SCALING_SCENARIOS[name].does}`)
    .join('\n');
}

function cell(result: AutoScalingResult | undefined): string {
  if (result === undefined) return '–';
  const { loggedOut, users, revived } = result;
  return `${loggedOut} of ${users}${revived > 0 ? `, ${revived} revived` : ''}`;
}

function namesOf<T extends string>(table: Readonly<Record<T, unknown>>): readonly T[] {
  return Object.keys(table) as T[];
}
