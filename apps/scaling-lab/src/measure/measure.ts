import type { Measurement } from './measurement.ts';
import type { TimelineRecord } from '../users/timeline.ts';
import type { EnvironmentOptions, Ownership } from '../environment/open-environment.ts';
import type { Progress } from '../process/progress.ts';
import type { Report } from './report.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS, type ScenarioName } from '../scenarios/scenarios.ts';
import { Environments } from './environments.ts';

/** Options of a measurement. */
export interface MeasureOptions extends EnvironmentOptions {
  /** Logged-in users per strategy. */
  readonly users: number;
  /** Nodes at the start of a scenario. */
  readonly nodes: number;
  /** The scenarios, in the order in which they run. */
  readonly scenarios: readonly ScenarioName[];
}

/** Runs the requested scenarios, one after another. */
export async function measure(options: MeasureOptions, ownership: Ownership, progress: Progress): Promise<Report> {
  const startedAt = new Date();
  const environments = new Environments(options, ownership, progress);
  const measurements: Measurement[] = [];
  const timelines: TimelineRecord[] = [];
  let ranOn = { runtime: 'none', runtimeReason: 'nothing was measured' };
  for (const [place, name] of options.scenarios.entries()) {
    progress.begin(`${place + 1}/${options.scenarios.length} ${name}`);
    const environment = await environments.for(SCENARIOS[name]);
    const [strategyRun] = environment.strategyRuns;
    if (place === 0 && strategyRun !== undefined) {
      const { runtime, runtimeReason } = strategyRun.cluster;
      progress.note(`runtime: ${runtime} (${runtimeReason})`);
      ranOn = { runtime, runtimeReason };
    }
    const result = await runScenario(environment, SCENARIOS[name], options, progress);
    measurements.push(...result.measurements);
    timelines.push(...result.timelines);
  }
  return {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...ranOn,
    node: process.version,
    nodes: options.nodes,
    users: options.users,
    apps: options.apps,
    copies: options.copies,
    transport: options.transport,
    measurements,
    timelines,
    asExpected: measurements.every(({ objections }) => objections.length === 0),
  };
}
