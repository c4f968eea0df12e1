import { Option, type Command } from 'commander';

import type { CommandContext } from './command-context.ts';
import { elastiCacheGuard, type GuardCommandOptions } from './elasticache-guard.ts';
import { elastiCacheNodes } from './elasticache-nodes.ts';
import { elastiCacheReplace, type ReplaceCommandOptions } from './elasticache-replace.ts';
import { elastiCacheScaleIn, type ScaleInCommandOptions } from './elasticache-scale-in.ts';
import { elastiCacheScaleVertically, type ScaleVerticallyOptions } from './elasticache-scale-vertically.ts';
import { atLeastOne, minutesOfAws, positive } from './option-values.ts';

const UNTIL_EXPIRED = 'for nodes that list no keys (ElastiCache from memcached 1.6.17): waits as long as sessions live';

/** Options that all of these commands share. */
export interface ElastiCacheCommandLine<Shared> {
  /** Adds a command to `parent` that takes `--servers` and `--json`. */
  readonly ofCluster: (parent: Command, usage: string, description: string) => Command;
  readonly context: (options: Shared) => CommandContext;
  readonly ended: (code: number) => void;
}

export function addElastiCacheCommands<Shared>(program: Command, line: ElastiCacheCommandLine<Shared>): void {
  const { ofCluster, context, ended } = line;
  const parent = program
    .command('elasticache')
    .description(
      'changes the nodes of Amazon ElastiCache without losing a session (needs @aws-sdk/client-elasticache)',
    );
  const add = (usage: string, description: string): Command =>
    ofCluster(parent, usage, description).option(
      '-c, --cluster <name>',
      'name of the cluster at AWS (default: from the endpoint)',
    );
  add('nodes', 'shows AWS’s state of the nodes, their zones, and which are drained').action(
    async (options: Shared & { cluster?: string }) => ended(await elastiCacheNodes(context(options), options.cluster)),
  );
  waits(add('scale-in', 'removes nodes: drains them concurrently, then has AWS remove them; run it again to resume'))
    .option('-n, --nodes <number>', 'number of nodes that stay; removes those that AWS would remove', atLeastOne)
    .option('--ids <id...>', 'nodes to remove: 0003 0004')
    .option('--keys-per-second <number>', 'rate of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--dry-run', 'shows the planned changes and the obstacles')
    .action(async (options: Shared & ScaleInCommandOptions) =>
      ended(await elastiCacheScaleIn(context(options), options)),
    );
  waits(add('replace', 'replaces nodes, one after another: adds a new one, drains the old one, has AWS remove it'))
    .option('--ids <id...>', 'nodes to replace: 0003 0004')
    .option('--all', 'replaces all nodes')
    .option('--keys-per-second <number>', 'rate of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--dry-run', 'shows the planned changes and the obstacles')
    .addOption(new Option('--records <seconds>', 'for tests').argParser(positive).hideHelp())
    .action(async (options: Shared & ReplaceCommandOptions) =>
      ended(await elastiCacheReplace(context(options), options)),
    );
  waits(add('scale-vertically', 'changes the node type, one node at a time; needs two copies of each session'), 600)
    .requiredOption('-t, --type <name>', 'such as cache.m7g.large')
    .option('--until-expired', 'for nodes that list no keys: no session lives longer than --pause')
    .option('--pause <minutes>', 'pause between two nodes, 2 to 30, in which copies are restored', minutesOfAws, 10)
    .option('--dry-run', 'shows the planned changes and the obstacles')
    .action(async (options: Shared & ScaleVerticallyOptions) =>
      ended(await elastiCacheScaleVertically(context(options), options)),
    );
  add(
    'guard',
    'runs a daemon that scales in instead of AWS, and drains nodes that AWS will replace; only one of several is active',
  )
    .option('--no-policy', 'ignores AWS’s scaling policy: scales in by --at alone, or not at all')
    .option('--at <time=nodes...>', 'most nodes from a time of day on (UTC): 22:00=3 07:00=9')
    .option(
      '--pre-drain <nodes>',
      'keeps this many nodes empty, the last of the list, which AWS removes first',
      atLeastOne,
    )
    .option('--listen <address>', 'HOST:PORT for /state, /metrics, /health and /sns')
    .option('--sns-topic <arn>', 'accepts messages of this topic at /sns (needs sns-validator)')
    .option('--keys-per-second <number>', 'rate of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--timeout <minutes>', 'longest wait for AWS', positive, 60)
    .option('--interval <seconds>', 'interval of queries to AWS', positive, 30)
    .addOption(new Option('--cooldown-scale <factor>', 'for tests').argParser(Number).hideHelp())
    .addOption(new Option('--lease <seconds>', 'for tests').argParser(positive).hideHelp())
    .addOption(new Option('--records <seconds>', 'for tests').argParser(positive).hideHelp())
    .action(async (options: Shared & GuardCommandOptions) => ended(await elastiCacheGuard(context(options), options)));
}

function waits(command: Command, minutes = 60): Command {
  return command
    .option('--timeout <minutes>', 'longest wait for AWS', positive, minutes)
    .option('--interval <seconds>', 'interval of queries to AWS', positive, 5);
}
