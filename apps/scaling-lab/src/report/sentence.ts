import { STRATEGY_NAMES } from '../apps/strategies.ts';
import type { Measurement } from '../measure/measurement.ts';

/** The result in a sentence: how many users each strategy logged out at worst. */
export function sentence(measurements: readonly Measurement[]): string {
  const events = new Set(measurements.map(({ scenario, phase }) => `${scenario}/${phase}`));
  const worst = STRATEGY_NAMES.flatMap((name) => {
    const counts = measurements.flatMap(({ strategy, found }) => (strategy === name ? [found['logged-out']] : []));
    return counts.length === 0 ? [] : [`${Math.max(...counts).toLocaleString('en')} with ${name}`];
  });
  const users = Math.max(0, ...measurements.map((measured) => measured.users));
  const happened = events.size === 1 ? 'One change' : `${events.size} changes`;
  return `${happened} of nodes or apps, while up to ${users.toLocaleString('en')} users of each strategy shopped; logged out by ${events.size === 1 ? 'it' : 'the worst of them'}: ${worst.join(', ')}.`;
}
