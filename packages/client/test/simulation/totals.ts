/** Sums the counts of many histories by name: a fault that never happened was not tested. */
import { FAULTS } from './scenario.ts';
import { UNPROMISED } from './unpromised.ts';
import type { Outcome } from './world.ts';

export class Totals {
  readonly #counts = new Map<string, number>(
    [...FAULTS, ...Object.keys(UNPROMISED).map((name) => `excused: ${name}`)].map((name) => [name, 0]),
  );

  add({ faults, network, operations, excuses }: Outcome): void {
    for (const [name, times] of Object.entries({ ...faults, ...network, ...operations, ...excuses })) {
      this.#counts.set(name, this.of(name) + times);
    }
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get entries(): readonly (readonly [name: string, times: number])[] {
    return [...this.#counts];
  }
}
