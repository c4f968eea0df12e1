import { describe, expect, it } from 'vitest';
import { CommandBatch } from './command-batch.ts';
import { ANSWERED } from './dialect.ts';
import { MetaDialect } from './dialect-meta.ts';
import { ReplyLine } from './reply-line.ts';
import { Request, type Answer, type RequestKind, type Storage } from './request.ts';

const VALUE = Buffer.from('value');

function storage(cas?: number | bigint): Storage {
  return {
    value: VALUE,
    length: VALUE.length,
    flags: 9,
    cas: cas === undefined ? undefined : { unique: cas, epoch: 1 },
  };
}

function command(dialect: MetaDialect, request: Request): string {
  const batch = new CommandBatch();
  const written: string[] = [];
  dialect.write(request, batch);
  batch.send({ cork() {}, uncork() {}, write: (bytes) => written.push(Buffer.from(bytes).toString()) > 0 }, () => {});
  return written.join('');
}

/** The result of a request of `kind` with opaque number 1 that is answered with `line`: its answer or its error. */
function answerTo(kind: RequestKind, line: string): Answer | Error {
  const dialect = new MetaDialect('n:1', 1);
  const request = new Request(
    kind,
    'key',
    60,
    kind === 'cas' ? storage(5) : kind === 'set' || kind === 'add' ? storage() : undefined,
  );
  command(dialect, request);
  let found: Answer | Error = 'nothing yet';
  request.resolve = (answer) => {
    found = answer;
  };
  request.reject = (error) => {
    found = error;
  };
  const bytes = Buffer.from(line, 'latin1');
  const progress = dialect.line(request, new ReplyLine().set(bytes, 0, bytes.length));
  if (progress !== ANSWERED) dialect.data(request, Buffer.alloc(progress, 'v'));
  return found;
}

describe('MetaDialect', () => {
  it('asks with the flags of memcached 1.6.13, each request with its own opaque number', () => {
    const dialect = new MetaDialect('n:1', 1);
    expect(command(dialect, new Request('get', 'key', 0))).toBe('mg key f c t v O1\r\n');
    expect(command(dialect, new Request('touch', 'key', 60))).toBe('mg key f T60 O2\r\n');
    expect(command(dialect, new Request('set', 'key', 60, storage()))).toBe('ms key 5 T60 F9 O3\r\nvalue\r\n');
    expect(command(dialect, new Request('add', 'key', 60, storage()))).toBe('ms key 5 T60 F9 ME O4\r\nvalue\r\n');
    expect(command(dialect, new Request('cas', 'key', 60, storage(7)))).toBe('ms key 5 T60 F9 C7 O5\r\nvalue\r\n');
    expect(command(dialect, new Request('cas', 'key', 60, storage(2n ** 64n - 1n)))).toBe(
      'ms key 5 T60 F9 C18446744073709551615 O6\r\nvalue\r\n',
    );
    expect(command(dialect, new Request('probe', '', 0))).toBe('version\r\n');
  });

  it('goes round with its opaque numbers', () => {
    const dialect = new MetaDialect('n:1', 1);
    const numbers = Array.from({ length: 2050 }, () =>
      Number(/O(\d+)/.exec(command(dialect, new Request('get', 'key', 0)))?.[1]),
    );
    expect(new Set(numbers.slice(0, 1024)).size).toBe(1024);
    expect(Math.max(...numbers)).toBe(1023);
  });

  it.each<[RequestKind, string, Answer]>([
    ['get', 'EN', undefined],
    ['get', 'EN O1', undefined],
    ['touch', 'EN', undefined],
    ['touch', 'HD f4294967295 O1', { flags: 0xffff_ffff }],
    ['set', 'HD O1', 'stored'],
    ['add', 'HD', 'stored'],
    ['add', 'NS O1', 'exists'],
    ['cas', 'HD O1', 'stored'],
    ['cas', 'EX O1', 'exists'],
    ['cas', 'NF O1', 'missing'],
    ['probe', 'VERSION 1.6.18', '1.6.18'],
    ['get', 'VA 2 f1 c5 t-1 O1', { value: Buffer.from('vv'), flags: 1, cas: { unique: 5, epoch: 1 }, ttlSeconds: -1 }],
    [
      'get',
      'VA 0 O1 t0 c18446744073709551615 f0',
      { value: Buffer.alloc(0), flags: 0, cas: { unique: 2n ** 64n - 1n, epoch: 1 }, ttlSeconds: 0 },
    ],
    ['get', 'VA 1 f0 c1 t60', { value: Buffer.from('v'), flags: 0, cas: { unique: 1, epoch: 1 }, ttlSeconds: 60 }],
  ])('answers a %s with what "%s" means', (kind, line, answer) => {
    expect(answerTo(kind, line)).toEqual(answer);
  });

  it('takes an item that another client marked stale for what it is: there', () => {
    expect(answerTo('get', 'VA 1 f0 c1 t60 O1 W X Z')).toMatchObject({ value: Buffer.from('v') });
  });

  it.each<[RequestKind, string]>([
    ['get', 'HD O1'],
    ['get', 'NF O1'],
    ['get', 'VA 1 f0 c1 O1'],
    ['get', 'VA 1 f0 c1 t60 t60 O1'],
    ['get', 'VA 1 f0 c1 t60 k O1'],
    ['get', 'VA 1 f0 c1 t60 O2'],
    ['get', 'VA 1 f0 c1 t60 O1 O1'],
    ['get', 'VA  1 f0 c1 t60'],
    ['get', 'VA -1 f0 c1 t60'],
    ['get', 'VA 1 f0  c1 t60'],
    ['get', 'VA 1 f0 c1 t60 '],
    ['get', 'VA 1 f4294967296 c1 t60'],
    ['get', 'VAL 1 f0 c1 t60'],
    ['get', 'EN f1'],
    ['get', 'END'],
    ['get', 'VERSION 1.6.18'],
    ['get', ''],
    ['touch', 'HD O1'],
    ['touch', 'HD f1 c1 O1'],
    ['touch', 'VA 1 f0 c1 t60 O1'],
    ['set', 'NS O1'],
    ['set', 'EX O1'],
    ['set', 'HD O2'],
    ['set', 'HD f1 O1'],
    ['add', 'EX O1'],
    ['add', 'NF O1'],
    ['cas', 'NS O1'],
    ['probe', 'HD'],
    ['probe', 'MN'],
    ['set', 'ERRORS'],
    ['set', 'SERVER_ERRORS x'],
  ])('does not take "%2$s" for an answer to a %1$s', (kind, line) => {
    expect(() => answerTo(kind, line)).toThrow(expect.objectContaining({ name: 'ReplyFault', code: 'SESS_PROTOCOL' }));
  });
});
