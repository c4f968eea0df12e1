import type { ByteQueue } from '../byte-queue.ts';
import type { Protocol, Step } from '../protocol.ts';
import type { Reply } from '../reply.ts';
import { findClassicCommand } from './classic-commands.ts';
import type { Command, Sequel, CommandContext } from './command.ts';
import { findMetaCommand } from './meta-commands.ts';
import { findServerCommand } from './server-commands.ts';
import type { TextLogin } from './text-login.ts';
import { splitWords } from './words.ts';

/** A longer line can only be a `get` of many keys. */
const LONGEST_LINE = 2_048;
/** Longest `get`; memcached has no limit. */
const LONGEST_GET = 4 * 1_048_576;

/** The text protocol, classic and meta commands. */
export class TextProtocol implements Protocol {
  readonly #context: CommandContext;
  readonly #login: TextLogin | undefined;
  #sequel: Sequel | undefined;
  /** Bytes to discard. */
  #swallow = 0;

  constructor(context: CommandContext, login: TextLogin | undefined) {
    this.#context = context;
    this.#login = login;
  }

  step(input: ByteQueue, reply: Reply): Step {
    if (this.#swallow > 0) {
      this.#swallow -= input.skip(this.#swallow);
      return this.#swallow > 0 ? 'hold' : 'again';
    }
    if (this.#login && !this.#login.done) return this.#login.step(input, reply);
    return this.#sequel?.kind === 'value' ? this.#takeValue(this.#sequel, input, reply) : this.#takeLine(input, reply);
  }

  #takeLine(input: ByteQueue, reply: Reply): Step {
    const line = input.takeLine();
    if (line === undefined) return isEndless(input) ? 'close' : 'wait';
    const words = splitWords(line);
    const command = findCommand(words);
    const sequel = command ? command(words, reply, this.#context) : unknownCommand(words, reply);
    if (!sequel) return 'again';
    if (sequel.kind === 'close') return 'close';
    if (sequel.kind === 'swallow') this.#swallow = sequel.length + 2;
    else this.#sequel = sequel;
    return 'again';
  }

  #takeValue(sequel: Extract<Sequel, { kind: 'value' }>, input: ByteQueue, reply: Reply): Step {
    const bytes = input.take(sequel.length + 2);
    if (bytes === undefined) return 'hold';
    this.#sequel = undefined;
    const closed = bytes[sequel.length] === 0x0d && bytes[sequel.length + 1] === 0x0a;
    // A copy: a view would keep the socket's whole read buffer alive.
    sequel.complete(closed ? Buffer.from(bytes.subarray(0, sequel.length)) : undefined, reply);
    return 'again';
  }
}

function findCommand(words: readonly string[]): Command | undefined {
  const name = words[0] ?? '';
  // No command is shorter than two characters.
  if (name.length < 2) return (_words, reply) => reply.line('ERROR');
  return findMetaCommand(name) ?? findClassicCommand(name) ?? findServerCommand(name);
}

function unknownCommand(words: readonly string[], reply: Reply): Sequel | void {
  // The body of a browser's request must not be read as commands.
  if (!/^[mgsacidt]/.test(words[0] ?? '') && words.at(-1)?.startsWith('HTTP/')) return { kind: 'close' };
  reply.line('ERROR');
}

function isEndless(input: ByteQueue): boolean {
  if (input.length <= LONGEST_LINE) return false;
  if (input.length > LONGEST_GET) return true;
  return !/^ {0,100}gets? /.test(input.view().toString('latin1', 0, 128));
}
