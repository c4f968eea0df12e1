import { MAX_KEY_BYTES } from '../item.ts';
import type { Reply } from '../reply.ts';
import { BAD_FORMAT, type Command, type CommandContext } from './command.ts';
import { metaArithmetic } from './meta-arithmetic.ts';
import { metaDebug } from './meta-debug.ts';
import { metaDelete } from './meta-delete.ts';
import { MAX_META_WORDS, readMetaFlags, type MetaFlags } from './meta-flags.ts';
import { metaGet } from './meta-get.ts';
import { metaSet } from './meta-set.ts';

type MetaCommand = (flags: MetaFlags, reply: Reply, context: CommandContext) => void;

const BAD_FLAG = 'CLIENT_ERROR invalid or duplicate flag';

const COMMANDS: Readonly<Record<string, Command>> = {
  mg: withFlags(metaGet, 'CLIENT_ERROR options flags are too long'),
  ms: metaSet,
  md: withFlags(metaDelete, 'CLIENT_ERROR options flags too long', BAD_FLAG),
  ma: withFlags(metaArithmetic, 'CLIENT_ERROR options flags too long', BAD_FLAG),
  me: metaDebug,
  mn: (_words, reply) => {
    reply.line('MN');
    reply.settle();
  },
};

export function findMetaCommand(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

/**
 * Parses the common form: name, key, flags. `badFlag`: the only flag error of commands for which memcached has just
 * one.
 */
function withFlags(command: MetaCommand, tooMany: string, badFlag?: string): Command {
  return (words, reply, context) => {
    const rawKey = words[1];
    if (rawKey === undefined) return reply.line('ERROR');
    if (rawKey.length > MAX_KEY_BYTES) return reply.line(BAD_FORMAT);
    if (words.length > MAX_META_WORDS) return reply.line(tooMany);
    const flags = readMetaFlags(rawKey, words.slice(2));
    if (typeof flags === 'string') return reply.line(badFlag ?? flags);
    command(flags, reply, context);
  };
}
