/**
 * The meta dialect: memcached 1.6.13 and later. One round trip for value, flags, CAS number, remaining time to live and
 * touch.
 *
 * Every command but `version` carries an opaque number that its reply repeats. Replies come in order anyway; the number
 * verifies it, so that a server or proxy that loses count can't return one session's value for another. Source:
 * memcached, `doc/protocol.txt`, "Meta Commands".
 */
import { SessClientError } from '../../errors.ts';
import type { CasToken } from '../transport.ts';
import type { CommandBatch } from './command-batch.ts';
import { ANSWERED, type Dialect, type Progress } from './dialect.ts';
import { answerVersionOrRefuse, quoted } from './error-reply.ts';
import { MetaUnknown, ReplyFault } from './reply-fault.ts';
import type { ReplyLine } from './reply-line.ts';
import type { Answer, Request, RequestKind } from './request.ts';

const VALUE: number = status('VA');
const DONE: number = status('HD');

/** Replies without an item, and their meaning. */
const WITHOUT_ITEM: ReadonlyMap<number, Partial<Record<RequestKind, { readonly answer: Answer }>>> = new Map([
  [status('EN'), { get: { answer: undefined }, touch: { answer: undefined } }],
  [status('NF'), { cas: { answer: 'missing' } }],
  [status('NS'), { add: { answer: 'exists' } }],
  [status('EX'), { cas: { answer: 'exists' } }],
]);

/** What a server says to a command that it does not know: memcached `ERROR`, proxies words of their own. */
const UNKNOWN_COMMAND =
  /^ERROR(?: |$)|^(?:CLIENT|SERVER)_ERROR .*(?:(?:unknown|unsupported|unrecognized|invalid) (?:command|request)|not (?:supported|implemented))/i;

/** The answer to a later request. */
const OTHER_ANSWER = /^(?:VERSION |(?:VA|HD|EN|NF|NS|EX)(?: |$))/;

const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const FLAGS = 0x66; // f
const CAS = 0x63; // c
const TTL = 0x74; // t
const OPAQUE = 0x4f; // O
/** W, X, Z: another client invalidated the item (`md I`). Ignored: the item exists. */
const STALE_MARKS: readonly number[] = [0x57, 0x58, 0x5a];

const SEEN_FLAGS = 1;
const SEEN_CAS = 2;
const SEEN_TTL = 4;
const SEEN_OPAQUE = 8;
const SEEN_ITEM: number = SEEN_FLAGS | SEEN_CAS | SEEN_TTL;

/** Numbers of at most this many digits are exact; {@link MetaDialect.item} reads no longer ones. */
const PLAIN_DIGITS = 15;
/** `VA <n> f<n> c<n> t<n> O<n>` CRLF. */
const LONGEST_PLAIN_ITEM: number = 'VA '.length + PLAIN_DIGITS + 4 * (' f'.length + PLAIN_DIGITS) + 2;

/** Opaque numbers wrap around: a power of two, and more than are usually in flight. */
const OPAQUES = 1024;
/** The end of a `get` for each opaque number, made once: a command is two strings around the key. */
const GET_TAIL: readonly string[] = Array.from({ length: OPAQUES }, (_, opaque) => ` f c t v O${opaque}\r\n`);

export class MetaDialect implements Dialect {
  readonly name = 'meta';
  readonly #node: string;
  readonly #epoch: number;
  itemBytes = 0;
  #opaque = 0;
  /** Whether the node has answered an `mg`, and an `ms`. */
  #knowsReads = false;
  #knowsStores = false;
  #flags = 0;
  #cas: CasToken['unique'] = 0;
  #ttl = 0;

  constructor(node: string, epoch: number) {
    this.#node = node;
    this.#epoch = epoch;
  }

  /** Whether the node has answered a meta command: some proxies know only `mn`. */
  get isKnown(): boolean {
    return this.#knowsReads || this.#knowsStores;
  }

  /** Whether the node has answered the command of such a request: some proxies know only `mn` and `mg`. */
  knows(request: Request): boolean {
    return request.kind === 'probe' || (isRead(request) ? this.#knowsReads : this.#knowsStores);
  }

  write(request: Request, batch: CommandBatch): void {
    const { kind, key, exptime, storage } = request;
    const opaque = (this.#opaque + 1) & (OPAQUES - 1);
    this.#opaque = opaque;
    request.mark = opaque;
    if (storage !== undefined) {
      const mode = kind === 'add' ? 'ME ' : storage.cas === undefined ? '' : `C${storage.cas.unique} `;
      batch.text(`ms ${key} ${storage.length} T${exptime} F${storage.flags} ${mode}O${opaque}\r\n`);
      batch.value(storage.value);
      batch.text('\r\n');
    } else if (kind === 'get') batch.text(`mg ${key}${GET_TAIL[opaque] as string}`);
    else if (kind === 'touch') batch.text(`mg ${key} f T${exptime} O${opaque}\r\n`);
    else batch.text('version\r\n');
  }

  item(request: Request, bytes: Buffer, from: number, end: number): number {
    // The longest line of this form must fit: bytes beyond `end` are of an earlier read.
    if (end - from < LONGEST_PLAIN_ITEM || request.kind !== 'get') return -1;
    if ((((bytes[from] as number) << 8) | (bytes[from + 1] as number)) !== VALUE || bytes[from + 2] !== SPACE)
      return -1;
    const length = numberAt(bytes, from + 3);
    const flags = attributeAt(bytes, numberEnd, FLAGS);
    const cas = attributeAt(bytes, numberEnd, CAS);
    const ttl = attributeAt(bytes, numberEnd, TTL);
    const opaque = attributeAt(bytes, numberEnd, OPAQUE);
    const at = numberEnd;
    // Negative: not found, or not of the plain form.
    if (length < 0 || ttl < 0 || flags < 0 || flags > 0xffff_ffff || cas < 0 || opaque !== request.mark) return -1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return -1;
    this.#flags = flags;
    this.#cas = cas;
    this.#ttl = ttl;
    this.itemBytes = length;
    this.#knowsReads = true;
    return at + 2;
  }

  line(request: Request, line: ReplyLine): Progress {
    const { kind } = request;
    const after = line.peek(2);
    if (after === SPACE || after === -1) {
      const word = (line.peek() << 8) | line.peek(1);
      if (kind === 'get') {
        if (word === VALUE) return this.#value(request, line);
      } else if (word === DONE && kind !== 'probe') {
        this.#attributes(request, line.skip(2), kind === 'touch' ? SEEN_FLAGS : 0);
        request.answer(kind === 'touch' ? { flags: this.#flags } : 'stored');
        return ANSWERED;
      }
      const meaning = WITHOUT_ITEM.get(word)?.[kind];
      if (meaning !== undefined) {
        this.#attributes(request, line.skip(2), 0);
        request.answer(meaning.answer);
        return ANSWERED;
      }
    }
    if (!this.knows(request)) this.#doubtMeta(request, line.text());
    return answerVersionOrRefuse(request, line, this.#node);
  }

  /** Ends the connection if the node does not know its first `mg` or `ms`: it may read the value of a store as commands. */
  #doubtMeta(request: Request, reply: string): void {
    const command = isRead(request) ? '`mg`' : '`ms`';
    if (OTHER_ANSWER.test(reply)) throw new MetaUnknown(`it left ${command} without an answer`, 'SESS_PROTOCOL');
    if (!UNKNOWN_COMMAND.test(reply)) return;
    const unknown = new MetaUnknown(`it answered ${command} with ${quoted(reply, request.key)}`, 'SESS_CONNECTION');
    const text = `The node ${this.#node} refused the request: ${unknown.message}.`;
    // A read can be sent again in the classic dialect.
    if (request.kind !== 'get') request.fail(new SessClientError('SESS_SERVER', text, { node: this.#node }));
    throw unknown;
  }

  wantsData(request: Request): boolean {
    return !request.settled;
  }

  data(request: Request, value: Buffer | undefined): Progress {
    if (value !== undefined) {
      request.answer({
        value,
        flags: this.#flags,
        cas: { unique: this.#cas, epoch: this.#epoch },
        ttlSeconds: this.#ttl,
      });
    }
    return ANSWERED;
  }

  /** `VA <bytes> <attributes>`; the data block follows. */
  #value(request: Request, line: ReplyLine): Progress {
    line.skip(2).space();
    const bytes = line.number();
    this.#attributes(request, line, SEEN_ITEM);
    return bytes;
  }

  /** Reads what follows the status: each requested attribute once, and the opaque number if the server repeats it. */
  #attributes(request: Request, line: ReplyLine, expected: number): void {
    if (isRead(request)) this.#knowsReads = true;
    else this.#knowsStores = true;
    let seen = 0;
    while (!line.done) {
      line.space();
      const attribute = line.take();
      let bit = 0;
      switch (attribute) {
        case FLAGS:
          this.#flags = line.unsigned32();
          bit = SEEN_FLAGS;
          break;
        case CAS:
          this.#cas = line.unsigned64();
          bit = SEEN_CAS;
          break;
        case TTL:
          this.#ttl = line.ttl();
          bit = SEEN_TTL;
          break;
        case OPAQUE:
          if (line.number() !== request.mark) throw new ReplyFault('a reply belongs to another request');
          bit = SEEN_OPAQUE;
          break;
        default:
          if (!STALE_MARKS.includes(attribute)) throw new ReplyFault('a reply has an attribute that was not asked for');
      }
      if ((seen & bit) !== 0) throw new ReplyFault('a reply has an attribute twice');
      seen |= bit;
    }
    // Other servers that speak meta may omit the opaque number.
    if ((seen & ~SEEN_OPAQUE) !== expected)
      throw new ReplyFault('a reply lacks an attribute that was asked for, or has one too many');
  }
}

/** Whether it is an `mg`; otherwise an `ms`. */
function isRead({ kind }: Request): boolean {
  return kind === 'get' || kind === 'touch';
}

function status(word: string): number {
  return (word.charCodeAt(0) << 8) | word.charCodeAt(1);
}

/** Where the last number ended. */
let numberEnd = 0;

/** The number at `from`; -1 if there is none. Stops after {@link PLAIN_DIGITS} digits. */
function numberAt(bytes: Buffer, from: number): number {
  let at = from;
  let value = 0;
  let byte = bytes[at] as number;
  while (byte >= ZERO && byte <= NINE && at - from < PLAIN_DIGITS) {
    value = value * 10 + (byte - ZERO);
    at += 1;
    byte = bytes[at] as number;
  }
  numberEnd = at;
  return at === from ? -1 : value;
}

/** The number of ` <name><number>` at `from`; -1 if that is not there. */
function attributeAt(bytes: Buffer, from: number, name: number): number {
  return bytes[from] === SPACE && bytes[from + 1] === name ? numberAt(bytes, from + 2) : -1;
}
