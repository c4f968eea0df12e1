import { SessClientError } from '@sess/client';
import { Command, CommanderError } from 'commander';

import { secretAdvice } from './cluster/observe-to-change.ts';
import { clusterSettings, secretFrom } from './cluster/settings.ts';
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
import { explained } from './elasticache/aws-advice.ts';
import { DONE, EXIT_CODES, FAILED, INTERRUPTED, USAGE } from './exit-codes.ts';
import { Output } from './output/output.ts';
import type { CommandStreams } from './streams.ts';
import { UsageError } from './usage-error.ts';

export type { CommandStreams, TextStream } from './streams.ts';

/** Runs a command line, and resolves to its exit code. Never rejects. */
export async function runCommand(words: readonly string[], streams: CommandStreams): Promise<number> {
  let code = DONE;
  const output = new Output(streams, words.includes('--json'));
  const program = commandLine(streams, output.isJson, (outcome) => {
    code = outcome;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return failure(error, output, streams);
  }
}

function failure(error: unknown, output: Output, { signal, env }: CommandStreams): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return DONE;
    // As text, it was printed already.
    if (output.isJson) output.error('SESS_USAGE', error.message.replace(/^error: /, '').replaceAll('\n', ' '));
    return USAGE;
  }
  if (error instanceof UsageError) {
    output.error('SESS_USAGE', error.message);
    return USAGE;
  }
  if (signal.aborted) return INTERRUPTED;
  if (SessClientError.is(error)) {
    const isUsage = error.code === 'SESS_BAD_OPTION';
    // Of one node: clients with another secret use it.
    const isSecret = isUsage && error.node !== undefined;
    output.error(
      error.code,
      isSecret ? `${error.message} ${secretAdvice(secretFrom(env['SESS_SERVERS'], env))}` : error.message,
    );
    return isUsage ? USAGE : FAILED;
  }
  output.error('SESS_COMMAND', explained(error));
  return FAILED;
}

interface SharedOptions {
  readonly servers?: string;
  readonly json?: boolean;
}

function commandLine(streams: CommandStreams, isJson: boolean, ended: (code: number) => void): Command {
  const program = new Command('sess')
    .description('Inspects and scales a memcached cluster that holds @sess sessions.')
    .version(streams.version, '-v, --version')
    .helpOption('-h, --help')
    .showHelpAfterError('Try "sess --help".')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => void (isJson || streams.stderr.write(text)),
      getOutHelpWidth: () => streams.stdout.columns ?? 100,
      getErrHelpWidth: () => streams.stderr.columns ?? 100,
    });
  const context = ({ servers, json }: SharedOptions): CommandContext => ({
    output: new Output(streams, json === true),
    streams,
    settings: () => clusterSettings(servers, streams.env),
  });
  const ofCluster = (usage: string, description: string): Command => servedBy(program, usage, description);

  ofCluster(
    'status',
    'shows the nodes: state, share of the sessions, memory, evictions, connections; open handovers',
  ).action(async (options: SharedOptions) => ended(await status(context(options))));
  ofCluster(
    'explain <key-or-cookie>',
    'shows which nodes own and hold a session, never its data ("-" reads standard input)',
  )
    .option('--key-prefix <text>', 'prefix of the application’s storage keys', 's/')
    .option('--ttl-seconds <number>', 'idle timeout of the sessions, to explain a missing one', atLeastOne, 3_600)
    .action(async (key: string, options: SharedOptions & { keyPrefix: string; ttlSeconds: number }) =>
      ended(await explain(context(options), key, options)),
    );
  ofCluster('plan', 'shows what a change of nodes would move')
    .option('-a, --add <nodes>', 'number of nodes, or HOST:PORT,HOST:PORT; with a zone: HOST:PORT@ZONE')
    .option('-r, --remove <id...>', 'nodes to remove')
    .option('--keys-per-second <number>', 'rate of the drains', atLeastOne, 5_000)
    .action(async (options: SharedOptions & { add?: string; remove?: string[]; keysPerSecond: number }) =>
      ended(await plan(context(options), options)),
    );
  ofCluster('drain [id]', 'takes a node out of rotation and copies its sessions to the others; Ctrl-C puts it back')
    .option('--keys-per-second <number>', 'maximum rate (default: 5000)', atLeastOne)
    .option(
      '--until-expired',
      'for nodes that list no keys: waits until every session on the node was used or has expired',
    )
    .option('--put-back', 'returns a drained node to rotation')
    .option('--self', 'the node on this machine or in this pod, for preStop and ExecStop; never puts it back')
    .option('--node <id>', 'with --self: which node it is, if its name and addresses don’t tell')
    .option('--deadline <seconds>', 'with --self: time until the node is killed', positive)
    .action(async (id: string | undefined, options: SharedOptions & DrainOptions) => {
      checkDrainWords(id, options);
      if (id !== undefined) return ended(await drain(context(options), id, options));
      const ofSelf = options.putBack === true ? putBackSelf : drainSelf;
      return ended(await ofSelf(context(options), options));
    });
  ofCluster('finish', 'waits until every session is on its owners, and helps to move them')
    .option('--timeout <minutes>', 'gives up after this time', positive, 10)
    .action(async (options: SharedOptions & { timeout: number }) => ended(await finish(context(options), options)));
  ofCluster('safe-to-remove <id>', 'tells whether a node can be stopped without losing a session').action(
    async (id: string, options: SharedOptions) => ended(await safeToRemove(context(options), id)),
  );
  ofCluster('doctor', 'finds problems, their causes, and what to do').action(async (options: SharedOptions) =>
    ended(await doctor(context(options))),
  );
  ofCluster('watch', 'shows the status, redrawn every second; q or Ctrl-C ends it')
    .option('-i, --interval <seconds>', 'between two polls', positive, 1)
    .option('-n, --times <number>', 'ends after this many polls', atLeastOne)
    .option('-w, --web', 'serves a page for a browser on this machine; Ctrl-C ends it')
    .option('-p, --port <number>', 'port of the page (default: any free one)', portNumber)
    .action(async (options: SharedOptions & WatchWords) => ended(await watchAs(context(options), options)));
  addTo(program, 'simulate', 'compares ring strategies for a change of nodes; connects to no server')
    .requiredOption('--from <nodes>', 'nodes before: their number, or HOST:PORT,HOST:PORT')
    .requiredOption('--to <nodes>', 'nodes after')
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
    throw new UsageError('--web and --times exclude each other: the page stays until Ctrl-C. Leave one of them out.');
  if (web !== true && port !== undefined)
    throw new UsageError('--port is the port of the page: add --web, or leave it out.');
  return web === true
    ? watchWeb(context, { intervalSeconds: interval, port })
    : watch(context, { intervalSeconds: interval, times });
}

/** The words that lead to a command: `sess elasticache nodes`. */
function pathTo(command: Command): string {
  return command.parent === null ? command.name() : `${pathTo(command.parent)} ${command.name()}`;
}

function addTo(parent: Command, usage: string, description: string): Command {
  const command = parent.command(usage);
  return command
    .description(description)
    .showHelpAfterError(`Try "${pathTo(command)} --help".`)
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', EXIT_CODES);
}

function servedBy(parent: Command, usage: string, description: string): Command {
  return addTo(parent, usage, description).option('-s, --servers <url>', 'the cluster (default: SESS_SERVERS)');
}

type DrainOptions = DrainCommandOptions & DrainSelfOptions & { readonly self?: boolean };

function checkDrainWords(id: string | undefined, { self, node, deadline }: DrainOptions): void {
  if (self === true) {
    if (id !== undefined)
      throw new UsageError('Give either --self or a node: with --self, --node says which node this is.');
    return;
  }
  if (id === undefined) throw new UsageError('Which node? Give HOST:PORT, or --self on the node’s own machine.');
  if (node !== undefined || deadline !== undefined) throw new UsageError('--node and --deadline need --self.');
}

const HELP = `
The environment names the cluster and its secrets:
  SESS_SERVERS          elasticache://ENDPOINT:11211, memcached://HOST:11211,HOST:11211, dns://NAME:11211, srv://NAME,
                        memcached:///PATH/TO.sock; with the settings of the application: ?copies=2&distribution=ketama
  SESS_SECRET           the application's secret, to read the history of its clients
  SESS_HISTORY_SECRET   the client's historySecret, if it has one of its own
  SESS_USERNAME, SESS_PASSWORD   the credentials of the nodes
  NO_COLOR              no colours
${EXIT_CODES}`;
