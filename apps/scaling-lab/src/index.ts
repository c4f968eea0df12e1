export { parseOptions, OptionError, type LabOptions } from './options.ts';
export type { Measurement } from './measurement.ts';
export type { Report } from './report.ts';
export { run } from './run.ts';
