import { readFileSync } from 'node:fs';
import { parseCommandLine, UsageError, type CommandLine } from './arguments.ts';
import { serveElastiCache } from './elasticache-command.ts';
import { serveCluster } from './cluster-command.ts';
import { serveEndpoint } from './endpoint-command.ts';
import { LocalClusterError } from '../errors.ts';
import { HELP } from './help-text.ts';
import { jsonReport, textReport, type Report } from './report.ts';

/** The reader of the output is gone (`sess-cluster | head`): end as after a signal. */
process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2));
// Open standard input would keep the process running.
process.stdin.destroy();

async function main(words: readonly string[]): Promise<number> {
  let report = textReport(process.stdout, process.stderr);
  try {
    const line = parseCommandLine(words);
    if ('json' in line && line.json) report = jsonReport(process.stdout);
    return await carryOut(line, report);
  } catch (error) {
    if (error instanceof UsageError) {
      report.failed('SESS_USAGE', `${error.message}\nTry "sess-cluster --help".`);
      return 2;
    }
    report.failed(
      LocalClusterError.is(error) ? error.code : 'SESS_COMMAND',
      error instanceof Error ? error.message : String(error),
    );
    return 1;
  }
}

function carryOut(line: CommandLine, report: Report): Promise<number> | number {
  if (line.action === 'cluster') return serveCluster(line.cluster, report);
  if (line.action === 'elasticache') return serveElastiCache(line.elasticache, report);
  if (line.action === 'endpoint') return serveEndpoint(line.endpoint, report);
  process.stdout.write(line.action === 'help' ? HELP : `${ownVersion()}\n`);
  return 0;
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
