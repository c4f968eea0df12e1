import type { LabOptions } from './options.ts';
import { openStage, type Ownership } from './open-stage.ts';
import type { Measurement } from './measurement.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** Runs every scenario that was asked for, one after another, over one cluster. */
export async function measure(options: LabOptions, ownership: Ownership, progress: Progress): Promise<Report> {
  const startedAt = new Date();
  const stage = await openStage(options, ownership, progress);
  const measurements: Measurement[] = [];
  for (const [place, name] of options.scenarios.entries()) {
    progress.begin(`${place + 1}/${options.scenarios.length} ${name}`, 'preparing the cluster');
    const measured = await runScenario(stage, SCENARIOS[name], options, progress);
    measurements.push(...measured);
  }
  return {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    runtime: stage.cluster.runtime,
    runtimeReason: stage.cluster.runtimeReason,
    node: process.version,
    nodes: options.nodes,
    users: options.users,
    apps: options.apps,
    transport: options.transport,
    measurements,
    asExpected: measurements.every(({ objections }) => objections.length === 0),
  };
}
