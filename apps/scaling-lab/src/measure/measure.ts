import type { Measurement } from './measurement.ts';
import type { TimelineRecord } from '../users/timeline.ts';
import type { Ownership } from '../environment/open-environment.ts';
import type { LabOptions } from '../command/options.ts';
import type { Progress } from '../command/progress.ts';
import type { Report } from '../report/report.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS } from '../scenarios/scenarios.ts';
import { Environments } from './environments.ts';

/** Runs every scenario that was asked for, one after another. */
export async function measure(options: LabOptions, ownership: Ownership, progress: Progress): Promise<Report> {
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
