export { parseOptions, OptionError, type LabOptions } from './command/options.ts';
export type { Measurement } from './measure/measurement.ts';
export type { Report } from './measure/report.ts';
export type { TimelineRecord } from './users/timeline.ts';
export { renderPage } from './report/page/page.ts';
export { run } from './command/run.ts';
