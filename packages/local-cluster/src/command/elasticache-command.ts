import type { LocalElastiCache } from '../elasticache/local-elasticache.ts';
import { startLocalElastiCache } from '../elasticache/start-local-elasticache.ts';
import { LocalClusterError } from '../errors.ts';
import type { ElastiCacheArguments } from './arguments.ts';
import { clusterOptions } from './cluster-command.ts';
import { ELASTICACHE_COMMANDS, HELP } from './help-text.ts';
import { exitCodeOf, untilInputEnds, untilSignal } from './lifetime.ts';
import type { Report } from './report.ts';

/** Runs a stand-in for ElastiCache until the user ends it; resolves to the exit code. */
export async function serveElastiCache(words: ElastiCacheArguments, report: Report): Promise<number> {
  const { clusterId, apiPort, timeScale, engineVersion } = words;
  const options = { ...(await clusterOptions(words)), clusterId, apiPort, timeScale, engineVersion };
  const signal = untilSignal();
  const starting = startLocalElastiCache(options);
  // After Ctrl-C during the start, everything started is ended as soon as possible.
  const early = await Promise.race([signal, starting]);
  const standIn = await starting;
  let failures = 0;
  const run = async (line: string): Promise<'go on' | 'quit'> => {
    const [command = '', ...rest] = line.trim().split(/\s+/);
    if (command === 'quit' || command === 'exit') return 'quit';
    try {
      if (command !== '') await carryOut(standIn, command, rest, report);
    } catch (error) {
      failures += 1;
      report.failed(LocalClusterError.is(error) ? error.code : 'SESS_COMMAND', messageOf(error));
    }
    return 'go on';
  };
  if (typeof early !== 'string') report.elastiCacheStarted(standIn);
  const ending =
    typeof early === 'string' ? early : await Promise.race([signal, untilInputEnds(run, 'sess-cluster> ')]);
  await standIn.close();
  if (process.stdin.isTTY && ending !== 'quit') process.stdout.write('\n');
  report.stopped();
  return failures > 0 && !process.stdin.isTTY ? 1 : exitCodeOf(ending);
}

async function carryOut(
  standIn: LocalElastiCache,
  command: string,
  rest: readonly string[],
  report: Report,
): Promise<void> {
  const [name = '', value = '', ...more] = rest;
  if (command === 'help') return void process.stdout.write(HELP);
  if (command === 'metric' && name !== '' && Number.isFinite(Number.parseFloat(value)) && more.length === 0)
    return standIn.putMetric(name, Number.parseFloat(value));
  const ofNode = new Map<string, (id: string) => void | Promise<void>>([
    ['crash', (id) => standIn.crashNode(id)],
    ['announce', (id) => standIn.announceReplacement([id])],
    ['replace', (id) => standIn.replaceNodes([id])],
  ]).get(command);
  if (ofNode !== undefined && rest.length === 1) await ofNode(name);
  else if (command !== 'list' || rest.length > 0)
    throw new Error(`unknown command "${[command, ...rest].join(' ')}"; known are ${ELASTICACHE_COMMANDS}`);
  report.elastiCache(command, standIn);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
