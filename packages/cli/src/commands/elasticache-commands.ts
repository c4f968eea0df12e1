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
    .description('changes of the nodes at Amazon ElastiCache that lose no session (needs @aws-sdk/client-elasticache)');
  const add = (usage: string, description: string): Command =>
    ofCluster(parent, usage, description).option('-c, --cluster <name>', 'its name at AWS (default: of the endpoint)');
  add('nodes', 'what AWS says of the nodes, their zones, and which are drained').action(
    async (options: Shared & { cluster?: string }) => ended(await elastiCacheNodes(context(options), options.cluster)),
  );
  waits(add('scale-in', 'takes nodes away: drains them side by side, then names them to AWS; run it again to resume'))
    .option('-n, --nodes <number>', 'so many stay; those go that AWS would take', atLeastOne)
    .option('--ids <id...>', 'these go: 0003 0004')
    .option('--keys-per-second <number>', 'pace of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--dry-run', 'says what would be done, and what is in the way')
    .action(async (options: Shared & ScaleInCommandOptions) =>
      ended(await elastiCacheScaleIn(context(options), options)),
    );
  waits(add('replace', 'new nodes for old ones, one after another: adds one, drains the old one, has AWS take it away'))
    .option('--ids <id...>', 'these are replaced: 0003 0004')
    .option('--all', 'all of them')
    .option('--keys-per-second <number>', 'pace of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--dry-run', 'says what would be done, and what is in the way')
    .action(async (options: Shared & ReplaceCommandOptions) =>
      ended(await elastiCacheReplace(context(options), options)),
    );
  waits(add('scale-vertically', 'another node type, one node at a time; needs two copies of each session'), 600)
    .requiredOption('-t, --type <name>', 'such as cache.m7g.large')
    .option('--until-expired', 'for nodes that list no keys: no session lives longer than --pause')
    .option('--pause <minutes>', 'between two nodes, 2 to 30: copies are restored meanwhile', minutesOfAws, 10)
    .option('--dry-run', 'says what would be done, and what is in the way')
    .action(async (options: Shared & ScaleVerticallyOptions) =>
      ended(await elastiCacheScaleVertically(context(options), options)),
    );
  add(
    'guard',
    'a daemon that scales in in place of AWS, and drains nodes that AWS will replace; one of several is active',
  )
    .option('--no-policy', 'does not look at AWS’s scaling policy: scales in by --at alone, or not at all')
    .option('--at <time=nodes...>', 'from a time of the day on (UTC), at most so many nodes: 22:00=3 07:00=9')
    .option('--pre-drain <nodes>', 'keeps so many empty, the last of the list, which AWS takes first', atLeastOne)
    .option('--listen <address>', 'HOST:PORT for /state, /metrics, /health and /sns')
    .option('--sns-topic <arn>', 'takes messages of this topic at /sns (needs sns-validator)')
    .option('--keys-per-second <number>', 'pace of each drain (default: 5000)', atLeastOne)
    .option('--until-expired', UNTIL_EXPIRED)
    .option('--timeout <minutes>', 'how long AWS is waited for', positive, 60)
    .option('--interval <seconds>', 'between two looks at AWS', positive, 30)
    .addOption(new Option('--cooldown-scale <factor>', 'for tests').argParser(Number).hideHelp())
    .addOption(new Option('--lease <seconds>', 'for tests').argParser(positive).hideHelp())
    .action(async (options: Shared & GuardCommandOptions) => ended(await elastiCacheGuard(context(options), options)));
}

function waits(command: Command, minutes = 60): Command {
  return command
    .option('--timeout <minutes>', 'how long AWS is waited for', positive, minutes)
    .option('--interval <seconds>', 'between two looks at AWS', positive, 5);
}
