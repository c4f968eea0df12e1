import { SessClientError } from '@sess/client';
import { Command, CommanderError } from 'commander';

import { clusterSettings } from './cluster/settings.ts';
import type { CommandContext } from './commands/command-context.ts';
import { doctor } from './commands/doctor.ts';
import { drain, type DrainCommandOptions } from './commands/drain.ts';
import { drainSelf, type DrainSelfOptions } from './commands/drain-self.ts';
import { addElastiCacheCommands } from './commands/elasticache-commands.ts';
import { explain } from './commands/explain.ts';
import { finish } from './commands/finish.ts';
import { atLeastOne, portNumber, positive } from './commands/option-values.ts';
import { plan } from './commands/plan.ts';
import { putBackSelf } from './commands/put-back-self.ts';
import { safeToRemove } from './commands/safe-to-remove.ts';
import { simulate } from './commands/simulate.ts';
import { status } from './commands/status.ts';
import { watch } from './commands/watch.ts';
import { watchWeb } from './commands/watch-web.ts';
import { DONE, EXIT_CODES, FAILED, INTERRUPTED, USAGE } from './exit-codes.ts';
import { Output } from './output/output.ts';
import type { CommandStreams } from './streams.ts';
import { UsageError } from './usage-error.ts';

export type { CommandStreams, TextStream } from './streams.ts';

/** Runs a command line, and resolves to its exit code. Never rejects. */
export async function runCommand(words: readonly string[], streams: CommandStreams): Promise<number> {
  let code = DONE;
  const program = commandLine(streams, (outcome) => {
    code = outcome;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return failure(error, new Output(streams, words.includes('--json')), streams);
  }
}

function failure(error: unknown, output: Output, { signal }: CommandStreams): number {
  // The error was printed already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
  if (error instanceof UsageError) {
    output.error('SESS_USAGE', error.message);
    return USAGE;
  }
  if (signal.aborted) return INTERRUPTED;
  if (SessClientError.is(error)) {
    output.error(error.code, error.message);
    return error.code === 'SESS_BAD_OPTION' ? USAGE : FAILED;
  }
  output.error('SESS_COMMAND', error instanceof Error ? error.message : String(error));
  return FAILED;
}

interface SharedOptions {
  readonly servers?: string;
  readonly json?: boolean;
}

function commandLine(streams: CommandStreams, ended: (code: number) => void): Command {
  const program = new Command('sess')
    .description('Looks after a memcached cluster that @sess keeps sessions in.')
    .version(streams.version, '-v, --version')
    .helpOption('-h, --help')
    .showHelpAfterError('Try "sess --help".')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      getOutHelpWidth: () => streams.stdout.columns ?? 100,
      getErrHelpWidth: () => streams.stderr.columns ?? 100,
    });
  const context = ({ servers, json }: SharedOptions): CommandContext => ({
    output: new Output(streams, json === true),
    streams,
    settings: () => clusterSettings(servers, streams.env),
  });
  const ofCluster = (usage: string, description: string): Command => servedBy(program, usage, description);

  ofCluster('status', 'the nodes: state, share of the sessions, memory, evictions, connections; open handovers').action(
    async (options: SharedOptions) => ended(await status(context(options))),
  );
  ofCluster('explain <key-or-cookie>', 'where a session is and was; never what is in it ("-" reads standard input)')
    .option('--key-prefix <text>', 'what the application’s storage keys begin with', 's/')
    .option('--ttl-seconds <number>', 'the sessions’ idle timeout, for why one is nowhere', atLeastOne, 3_600)
    .action(async (key: string, options: SharedOptions & { keyPrefix: string; ttlSeconds: number }) =>
      ended(await explain(context(options), key, options)),
    );
  ofCluster('plan', 'what a change of the nodes would move')
    .option('-a, --add <nodes>', 'how many nodes, or HOST:PORT,HOST:PORT; with its zone: HOST:PORT@ZONE')
    .option('-r, --remove <id...>', 'which nodes go')
    .option('--keys-per-second <number>', 'pace of the drains', atLeastOne, 5_000)
    .action(async (options: SharedOptions & { add?: string; remove?: string[]; keysPerSecond: number }) =>
      ended(await plan(context(options), options)),
    );
  ofCluster('drain [id]', 'takes a node out of rotation and brings its sessions to the others; Ctrl-C puts it back')
    .option('--keys-per-second <number>', 'at most so many (default: 5000)', atLeastOne)
    .option('--until-expired', 'for nodes that list no keys: waits until every session there was used or has expired')
    .option('--put-back', 'puts a node back into rotation that was drained')
    .option('--self', 'the node that runs on this machine or in this pod: for preStop and ExecStop; is not put back')
    .option('--node <id>', 'with --self, where the machine can’t tell by its name and addresses')
    .option('--deadline <seconds>', 'with --self: when it is killed', positive)
    .action(async (id: string | undefined, options: SharedOptions & DrainOptions) => {
      checkDrainWords(id, options);
      if (id !== undefined) return ended(await drain(context(options), id, options));
      const ofSelf = options.putBack === true ? putBackSelf : drainSelf;
      return ended(await ofSelf(context(options), options));
    });
  ofCluster('finish', 'waits until every session is where it belongs, and helps')
    .option('--timeout <minutes>', 'gives up after so long', positive, 10)
    .action(async (options: SharedOptions & { timeout: number }) => ended(await finish(context(options), options)));
  ofCluster('safe-to-remove <id>', 'whether a node can be stopped without losing a session').action(
    async (id: string, options: SharedOptions) => ended(await safeToRemove(context(options), id)),
  );
  ofCluster('doctor', 'what is wrong, why, and what to do').action(async (options: SharedOptions) =>
    ended(await doctor(context(options))),
  );
  ofCluster('watch', 'status, drawn anew; q or Ctrl-C ends it')
    .option('-i, --interval <seconds>', 'between two looks', positive, 1)
    .option('-n, --times <number>', 'ends by itself after so many', atLeastOne)
    .option('-w, --web', 'as a page in a browser, on this machine only; Ctrl-C ends it')
    .option('-p, --port <number>', 'of the page (default: any free one)', portNumber)
    .action(async (options: SharedOptions & WatchWords) => ended(await watchAs(context(options), options)));
  addTo(program, 'simulate', 'what ring strategies make of a change; asks no server')
    .requiredOption('--from <nodes>', 'how many nodes, or their names, HOST:PORT,HOST:PORT')
    .requiredOption('--to <nodes>', 'the same, afterwards')
    .action(async (options: SharedOptions & { from: string; to: string }) =>
      ended(await simulate(context(options), options)),
    );
  addElastiCacheCommands<SharedOptions>(program, { ofCluster: servedBy, context, ended });
  return program;
}

interface WatchWords {
  readonly interval: number;
  readonly times?: number;
  readonly web?: boolean;
  readonly port?: number;
}

async function watchAs(context: CommandContext, { interval, times, web, port }: WatchWords): Promise<number> {
  if (web === true && times !== undefined)
    throw new UsageError('--web and --times do not go together: a page stays until Ctrl-C. Leave one of them out.');
  if (web !== true && port !== undefined)
    throw new UsageError('--port is the port of the page: add --web, or leave it out.');
  return web === true
    ? watchWeb(context, { intervalSeconds: interval, port })
    : watch(context, { intervalSeconds: interval, times });
}

function addTo(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', EXIT_CODES);
}

function servedBy(parent: Command, usage: string, description: string): Command {
  return addTo(parent, usage, description).option('-s, --servers <url>', 'which cluster (default: SESS_SERVERS)');
}

type DrainOptions = DrainCommandOptions & DrainSelfOptions & { readonly self?: boolean };

function checkDrainWords(id: string | undefined, { self, node, deadline }: DrainOptions): void {
  if (self === true) {
    if (id !== undefined) throw new UsageError('Give --self, or a node, and not both: --node says which one is this.');
    return;
  }
  if (id === undefined) throw new UsageError('Which node? Give HOST:PORT, or --self on the node’s own machine.');
  if (node !== undefined || deadline !== undefined) throw new UsageError('--node and --deadline go with --self only.');
}

const HELP = `
Which cluster, and its secrets, come from the environment:
  SESS_SERVERS          elasticache://ENDPOINT:11211, memcached://HOST:11211,HOST:11211, dns://NAME:11211, srv://NAME,
                        memcached:///PATH/TO.sock; with the settings of the application: ?copies=2&distribution=ketama
  SESS_SECRET           the application's secret: nodes tell what clients with that secret told them
  SESS_HISTORY_SECRET   the client's own historySecret, where it has one
  SESS_USERNAME, SESS_PASSWORD   what the nodes ask for
  NO_COLOR              no colours
${EXIT_CODES}`;
