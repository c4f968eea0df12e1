import * as fc from 'fast-check';
import type { SessClientError } from '../../src/errors.ts';
import { CommandBatch } from '../../src/transport/text/command-batch.ts';
import type { Dialect } from '../../src/transport/text/dialect.ts';
import { ClassicDialect } from '../../src/transport/text/dialect-classic.ts';
import { MetaDialect } from '../../src/transport/text/dialect-meta.ts';
import { ReplyReader } from '../../src/transport/text/reply-reader.ts';
import { promiseOf, Request, type Answer, type RequestKind, type Storage } from '../../src/transport/text/request.ts';
import { RequestQueue } from '../../src/transport/text/request-queue.ts';

export type DialectName = 'meta' | 'classic';

const EPOCH = 7;
const MAX_VALUE_BYTES = 100_000;
/** What a socket reads into. */
const READ_BYTES = 65_536;

/** What a node answers, of which each kind of request takes what it can mean. */
type Outcome = 'found' | 'nothing' | 'changed' | 'error';

/** One request, and what the node makes of it. */
export interface Exchange {
  readonly kind: RequestKind;
  readonly key: string;
  readonly outcome: Outcome;
  readonly value: Uint8Array;
  readonly flags: number;
  readonly unique: number | bigint;
  readonly ttlSeconds: number;
  /** Whether the node sends the opaque number of a meta command back. */
  readonly echoes: boolean;
  /** Whether nobody waits for the answer when it comes. */
  readonly abandoned: boolean;
}

/** What became of a request: its answer, or the code of its error; `pending` while neither came. */
export type Result = { readonly answer: unknown } | { readonly code: string } | 'pending';

/** Bytes that look like replies, beside those that don't. */
const VALUES: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('END\r\n', '\r\n', 'VA 5 f1\r\nHD\r\n', 'ERROR\r\n', '')
      .map((text) => Buffer.from(text)),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 300, max: MAX_VALUE_BYTES }).map((length) => Buffer.alloc(length, 'v\r\n')),
  },
);

export const EXCHANGE: fc.Arbitrary<Exchange> = fc.record({
  kind: fc.constantFrom<RequestKind>('get', 'get', 'get', 'set', 'add', 'cas', 'touch', 'probe'),
  key: fc.stringMatching(/^[!-~]{1,250}$/),
  outcome: fc.constantFrom<Outcome>('found', 'found', 'found', 'nothing', 'changed', 'error'),
  value: VALUES,
  flags: fc.integer({ min: 0, max: 0xffff_ffff }),
  unique: fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((unique) => (unique <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(unique) : unique)),
  ttlSeconds: fc.integer({ min: -1, max: 0x7fff_ffff }),
  echoes: fc.boolean(),
  abandoned: fc.boolean(),
});

/** Requests in flight on a connection of the given dialect, a reader of their replies, and what becomes of them. */
export class Conversation {
  readonly results: Result[] = [];
  readonly queue: RequestQueue = new RequestQueue();
  /** What the client wrote. */
  readonly written: Buffer;
  /** What a node answers to all of it. */
  readonly replies: Buffer;
  readonly #reader: ReplyReader;
  /** As a socket does it, every read comes in the same buffer. */
  readonly #buffer: Buffer = Buffer.alloc(READ_BYTES);

  constructor(name: DialectName, exchanges: readonly Exchange[]) {
    const dialect: Dialect = name === 'meta' ? new MetaDialect('n:1', EPOCH) : new ClassicDialect('n:1', EPOCH);
    this.#reader = new ReplyReader(this.queue, dialect, MAX_VALUE_BYTES);
    const batch = new CommandBatch();
    const replies: Buffer[] = [];
    const written: Uint8Array[] = [];
    const target = { cork() {}, uncork() {}, write: (bytes: Uint8Array) => written.push(Buffer.from(bytes)) > 0 };
    exchanges.forEach((exchange, index) => {
      const request = this.#request(exchange, index);
      this.queue.push(request);
      this.queue.markSent(request);
      dialect.write(request, batch);
      batch.send(target, () => {});
      replies.push(name === 'meta' ? metaReply(exchange, request.mark) : classicReply(exchange));
      if (exchange.abandoned) {
        this.queue.abandon(request);
        request.fail(new Error('nobody waits'));
        this.results[index] = 'pending';
      }
    });
    this.written = Buffer.concat(written);
    this.replies = Buffer.concat(replies);
  }

  /** Reads `bytes`, cut at `cuts`; what was read is gone after each read. */
  read(bytes: Uint8Array, cuts: readonly number[] = []): void {
    const places = [...new Set([...cuts.filter((cut) => cut > 0 && cut < bytes.length), bytes.length])].toSorted(
      (a, b) => a - b,
    );
    let from = 0;
    for (const to of places) {
      for (let at = from; at < to; at += READ_BYTES) {
        const length = Math.min(READ_BYTES, to - at);
        // What lies behind the end of a read must not matter: here it is the most tempting of all, what comes next.
        this.#buffer.set(bytes.subarray(at, at + READ_BYTES));
        this.#reader.read(this.#buffer, length);
        this.#buffer.fill(0xff);
      }
      from = to;
    }
  }

  #request({ kind, key, value, flags, unique }: Exchange, index: number): Request {
    const stores = kind === 'set' || kind === 'add' || kind === 'cas';
    const cas = kind === 'cas' ? { unique, epoch: EPOCH } : undefined;
    const storage: Storage | undefined = stores ? { value, length: value.length, flags, cas } : undefined;
    const request = new Request(kind, kind === 'probe' ? '' : key, 60, storage);
    void promiseOf(request);
    this.results[index] = 'pending';
    request.resolve = (answer: Answer) => {
      this.results[index] = { answer };
    };
    request.reject = (error) => {
      this.results[index] = { code: (error as SessClientError).code };
    };
    return request;
  }
}

/** What must become of the request. */
export function expectedResult(name: DialectName, exchange: Exchange): Result {
  const { kind, outcome, abandoned, flags, ttlSeconds, unique, value } = exchange;
  if (abandoned) return 'pending';
  // Only a store can lack memory; of any other request it is the server that fails.
  if (outcome === 'error')
    return { code: kind === 'set' || kind === 'add' || kind === 'cas' ? 'SESS_OUT_OF_MEMORY' : 'SESS_SERVER' };
  const found = outcome === 'found';
  const item = {
    value: Buffer.from(value),
    flags,
    cas: { unique, epoch: EPOCH },
    ttlSeconds: name === 'meta' ? ttlSeconds : undefined,
  };
  const answers: Readonly<Record<RequestKind, Answer>> = {
    get: found ? item : undefined,
    touch: found ? { flags } : undefined,
    set: 'stored',
    add: found ? 'stored' : 'exists',
    cas: found ? 'stored' : outcome === 'changed' ? 'exists' : 'missing',
    probe: '1.6.18',
  };
  return { answer: answers[kind] };
}

const REFUSAL = 'SERVER_ERROR out of memory storing object\r\n';

function metaReply({ kind, outcome, value, flags, unique, ttlSeconds, echoes }: Exchange, mark: number): Buffer {
  if (outcome === 'error') return Buffer.from(REFUSAL);
  const opaque = echoes ? ` O${mark}` : '';
  const found = outcome === 'found';
  const item = `VA ${value.length} f${flags} c${unique} t${ttlSeconds}${opaque}\r\n`;
  const lines: Readonly<Record<RequestKind, string>> = {
    get: found ? item : `EN${opaque}\r\n`,
    touch: found ? `HD f${flags}${opaque}\r\n` : `EN${opaque}\r\n`,
    set: `HD${opaque}\r\n`,
    add: `${found ? 'HD' : 'NS'}${opaque}\r\n`,
    cas: `${found ? 'HD' : outcome === 'changed' ? 'EX' : 'NF'}${opaque}\r\n`,
    probe: 'VERSION 1.6.18\r\n',
  };
  return lines[kind] === item
    ? Buffer.concat([Buffer.from(item), value, Buffer.from('\r\n')])
    : Buffer.from(lines[kind]);
}

function classicReply({ kind, key, outcome, value, flags, unique }: Exchange): Buffer {
  if (outcome === 'error') return Buffer.from(REFUSAL);
  const found = outcome === 'found';
  const item = `VALUE ${key} ${flags} ${value.length} ${unique}\r\n`;
  const lines: Readonly<Record<RequestKind, string>> = {
    get: found ? item : 'END\r\n',
    touch: found ? item : 'END\r\n',
    set: 'STORED\r\n',
    add: found ? 'STORED\r\n' : 'NOT_STORED\r\n',
    cas: found ? 'STORED\r\n' : outcome === 'changed' ? 'EXISTS\r\n' : 'NOT_FOUND\r\n',
    probe: 'VERSION 1.6.18\r\n',
  };
  return lines[kind] === item
    ? Buffer.concat([Buffer.from(item), value, Buffer.from('\r\nEND\r\n')])
    : Buffer.from(lines[kind]);
}
