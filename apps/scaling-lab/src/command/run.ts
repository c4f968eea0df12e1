import { ChildProcesses } from '../process/child-processes.ts';
import { Cleanup } from '../process/cleanup.ts';
import { help } from './help.ts';
import { Interruption } from '../process/interruption.ts';
import { measure } from '../measure/measure.ts';
import type { Ownership } from '../environment/open-environment.ts';
import { OptionError, parseOptions, type LabOptions } from './options.ts';
import { Progress } from '../process/progress.ts';
import { checkTargets, writeReport } from './report-files.ts';
import { objectionLines, type Report } from '../measure/report.ts';
import { serve } from './serve.ts';
import { STRATEGIES } from '../apps/strategies.ts';
import { sentence } from '../report/sentence.ts';
import { detailsTable, LEGEND, table, wrapped } from '../report/table.ts';

/** How long closing may take before the process ends without it. */
const CLOSE_TIMEOUT_MS = 20_000;
const WRONG_OPTIONS = 2;
const TERMINAL_WIDTH = 80;

/** Runs the command; resolves to its exit code. By then, everything that it started has ended. */
export async function run(argv: readonly string[], host: NodeJS.Process): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options.help) {
      host.stdout.write(help());
      return 0;
    }
    await checkTargets(options);
    return await runOwned(options, host);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    host.stderr.write(`${error.message}\n`);
    return WRONG_OPTIONS;
  }
}

/**
 * Owns everything that the run starts: closes it before this resolves, and kills it if closing takes too long or the
 * process ends in another way.
 */
async function runOwned(options: LabOptions, host: NodeJS.Process): Promise<number> {
  const children = new ChildProcesses();
  const cleanup = new Cleanup();
  const progress = new Progress(host.stdout);
  const killAll = (): void => children.killAll();
  host.once('exit', killAll);
  let giveUp: NodeJS.Timeout | undefined;
  const closeWithin = (exitCode: number): void => {
    giveUp ??= setTimeout(() => {
      host.stderr.write(`closing took longer than ${CLOSE_TIMEOUT_MS} ms; ending without it\n`);
      host.exit(exitCode);
    }, CLOSE_TIMEOUT_MS);
  };
  const interruption = new Interruption(host, (cause) => {
    progress.note(`${cause.text}; closing`);
    closeWithin(cause.exitCode);
    // The apps have nothing to save, and killing them settles pending requests at once.
    killAll();
  });

  let exitCode = 1;
  try {
    exitCode = await perform(options, { children, cleanup, signal: interruption.signal }, progress, host);
  } catch (error) {
    progress.clear();
    if (interruption.cause === undefined) host.stderr.write(`${explain(error)}\n`);
  }
  closeWithin(exitCode);
  try {
    await cleanup.run();
  } catch (error) {
    host.stderr.write(`could not close everything: ${explain(error)}\n`);
    exitCode = 1;
  }
  clearTimeout(giveUp);
  interruption.release();
  killAll();
  host.off('exit', killAll);
  return interruption.cause?.exitCode ?? exitCode;
}

async function perform(
  options: LabOptions,
  ownership: Ownership,
  progress: Progress,
  host: NodeJS.Process,
): Promise<number> {
  if (options.serve) {
    await serve(options, ownership, progress, { input: host.stdin, output: host.stdout });
    return 0;
  }
  const report = await measure(options, ownership, progress);
  progress.clear();
  host.stdout.write(summary(report, options));
  for (const file of await writeReport(options, report)) host.stdout.write(`\nwritten to ${file}\n`);
  for (const line of objectionLines(report)) host.stderr.write(`not as expected: ${line}\n`);
  return report.asExpected ? 0 : 1;
}

function summary(report: Report, { strategies }: LabOptions): string {
  const { users, apps, runtime, transport, copies, durationMs } = report;
  const circumstances =
    `${users.toLocaleString('en')} users per strategy, ${apps} Fastify and ${apps} Koa ${apps === 1 ? 'process' : 'processes'} each, runtime ${runtime}, ` +
    `sess over transport ${transport} with ${copies} ${copies === 1 ? 'copy' : 'copies'} of each session; took ${(durationMs / 1_000).toFixed(1)} s`;
  return [
    '',
    wrapped(sentence(report.measurements), TERMINAL_WIDTH),
    '',
    table(report.measurements),
    '',
    'What else was counted',
    '',
    detailsTable(report.measurements),
    '',
    ...[...LEGEND, '', ...strategies.map((name) => `${name}: ${STRATEGIES[name].does}`), circumstances].map((text) =>
      wrapped(text, TERMINAL_WIDTH),
    ),
    '',
  ].join('\n');
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
