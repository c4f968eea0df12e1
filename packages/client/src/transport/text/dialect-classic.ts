/**
 * The classic dialect: every memcached, and proxies. Does not report the remaining time to live.
 *
 * The server's `touch` answers without the item's flags, so a touch is a `gats` whose value is skipped if the server
 * has it (memcached 1.5.3); otherwise, from the first `ERROR` on, `gets` and `touch` in one write. Source: memcached,
 * `doc/protocol.txt`.
 */
import type { CasToken } from '../transport.ts';
import type { CommandBatch } from './command-batch.ts';
import { ANSWERED, CONTINUES, SEND_AGAIN, type Dialect, type Progress } from './dialect.ts';
import { answerVersionOrRefuse } from './error-reply.ts';
import { ReplyFault } from './reply-fault.ts';
import type { ReplyLine } from './reply-line.ts';
import type { Answer, Request, RequestKind } from './request.ts';

/** Replies without an item, and their meaning. */
const WITHOUT_ITEM: Readonly<Record<RequestKind, readonly (readonly [reply: string, answer: Answer])[]>> = {
  get: [],
  touch: [],
  set: [['STORED', 'stored']],
  add: [
    ['STORED', 'stored'],
    ['NOT_STORED', 'exists'],
  ],
  cas: [
    ['STORED', 'stored'],
    ['EXISTS', 'exists'],
    ['NOT_FOUND', 'missing'],
  ],
  probe: [],
};

/** Values of `request.mark`: written as one command, or as `gets` and `touch`. */
const ONE = 1;
const PAIR = 2;

export class ClassicDialect implements Dialect {
  readonly name = 'classic';
  readonly #node: string;
  readonly #epoch: number;
  #hasGats: boolean;
  /** The next line of the reply: its first, the END behind an item, or the reply to `touch` after `gets`. */
  #stage: 'first' | 'end' | 'touched' = 'first';
  /** The item of the reply being read. */
  #found = false;
  #value: Buffer | undefined;
  #flags = 0;
  #cas: CasToken['unique'] = 0;

  /** @param hasGats whether the node seems to know `gats`; an `ERROR` reply corrects it */
  constructor(node: string, epoch: number, hasGats: boolean = true) {
    this.#node = node;
    this.#epoch = epoch;
    this.#hasGats = hasGats;
  }

  write(request: Request, batch: CommandBatch): void {
    const { kind, key, exptime, storage } = request;
    request.mark = ONE;
    if (storage !== undefined) {
      const unique = storage.cas === undefined ? '' : ` ${storage.cas.unique}`;
      batch.text(`${kind} ${key} ${storage.flags} ${exptime} ${storage.length}${unique}\r\n`);
      batch.value(storage.value);
      batch.text('\r\n');
    } else if (kind === 'get') batch.text(`gets ${key}\r\n`);
    else if (kind === 'probe') batch.text('version\r\n');
    else if (this.#hasGats) batch.text(`gats ${exptime} ${key}\r\n`);
    else {
      request.mark = PAIR;
      batch.text(`gets ${key}\r\ntouch ${key} ${exptime}\r\n`);
    }
  }

  readonly itemBytes = 0;

  /** Leaves items to {@link line}: a classic item repeats its key, and END follows. */
  item(): number {
    return -1;
  }

  line(request: Request, line: ReplyLine): Progress {
    if (this.#stage === 'first') return this.#first(request, line);
    if (this.#stage === 'end') {
      if (!line.is('END')) throw new ReplyFault('END does not follow an item');
      return this.#ended(request);
    }
    if (line.is('NOT_FOUND')) this.#found = false;
    else if (!line.is('TOUCHED')) throw new ReplyFault('a reply to touch is neither TOUCHED nor NOT_FOUND');
    return this.#answer(request);
  }

  wantsData(request: Request): boolean {
    return request.kind !== 'touch' && !request.settled;
  }

  data(_request: Request, value: Buffer | undefined): Progress {
    this.#value = value;
    this.#stage = 'end';
    return CONTINUES;
  }

  #first(request: Request, line: ReplyLine): Progress {
    const { kind } = request;
    if (kind === 'get' || kind === 'touch') {
      if (line.startsWith('VALUE ')) return this.#item(request, line.skip('VALUE '.length));
      if (line.is('END')) return this.#ended(request);
      return this.#refused(request, line);
    }
    for (const [reply, answer] of WITHOUT_ITEM[kind]) {
      if (!line.is(reply)) continue;
      request.answer(answer);
      return ANSWERED;
    }
    return answerVersionOrRefuse(request, line, this.#node);
  }

  /** `VALUE <key> <flags> <bytes> <cas>`; the data block follows. */
  #item(request: Request, line: ReplyLine): Progress {
    if (!line.startsWith(request.key)) throw new ReplyFault('a reply belongs to another key');
    line.skip(request.key.length).space();
    this.#flags = line.unsigned32();
    line.space();
    const bytes = line.number();
    line.space();
    this.#cas = line.unsigned64();
    if (!line.done) throw new ReplyFault('a reply has more than was asked for');
    this.#found = true;
    return bytes;
  }

  #ended(request: Request): Progress {
    if (request.mark !== PAIR) return this.#answer(request);
    this.#stage = 'touched';
    return CONTINUES;
  }

  #refused(request: Request, line: ReplyLine): Progress {
    if (request.kind !== 'get' && request.mark === ONE && line.is('ERROR')) {
      this.#hasGats = false;
      return request.settled ? ANSWERED : SEND_AGAIN;
    }
    answerVersionOrRefuse(request, line, this.#node);
    // The `touch` behind a refused `gets` has a reply, too.
    return this.#ended(request);
  }

  #answer(request: Request): Progress {
    const value = this.#value;
    if (!this.#found) request.answer(undefined);
    else if (request.kind === 'touch') request.answer({ flags: this.#flags });
    else if (value !== undefined) {
      request.answer({
        value,
        flags: this.#flags,
        cas: { unique: this.#cas, epoch: this.#epoch },
        ttlSeconds: undefined,
      });
    }
    this.#found = false;
    this.#value = undefined;
    this.#stage = 'first';
    return ANSWERED;
  }
}
