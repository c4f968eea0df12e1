import type { Measurement } from './measurement.ts';
import type { TimelineRecord } from '../users/timeline.ts';

/** The results of a run and its settings, as `--json` writes them. */
export interface Report {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly runtime: string;
  readonly runtimeReason: string;
  readonly node: string;
  readonly nodes: number;
  /** Users per strategy. */
  readonly users: number;
  /** App processes of each framework, per strategy. */
  readonly apps: number;
  /** Nodes that hold each session, with the strategy `sess`. */
  readonly copies: number;
  readonly transport: string;
  readonly measurements: readonly Measurement[];
  /** One for each scenario and strategy. */
  readonly timelines: readonly TimelineRecord[];
  /** No measurement has objections. */
  readonly asExpected: boolean;
}

/** The deviations from what is expected, as lines for people. */
export function objectionLines(report: Report): readonly string[] {
  return report.measurements.flatMap((measured) =>
    measured.objections.map(
      (objection) => `${measured.scenario}/${measured.phase}, ${measured.strategy}: ${objection}`,
    ),
  );
}
