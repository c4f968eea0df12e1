import { describe, expect, it } from 'vitest';
import { CommandBatch } from './command-batch.ts';
import { MetaDialect } from './dialect-meta.ts';
import { ReplyReader } from './reply-reader.ts';
import { Request, type Answer, type RequestKind } from './request.ts';
import { RequestQueue } from './request-queue.ts';

const MAX_VALUE_BYTES = 100;

interface Asked {
  readonly queue: RequestQueue;
  readonly settled: (Answer | Error)[];
  readonly read: (text: string) => void;
}

/** Requests in flight; their opaque numbers are 1, 2, 3... */
function asked(...kinds: RequestKind[]): Asked {
  const queue = new RequestQueue();
  const dialect = new MetaDialect('n:1', 1);
  const reader = new ReplyReader(queue, dialect, MAX_VALUE_BYTES);
  const settled: (Answer | Error)[] = [];
  for (const kind of kinds) {
    const stores = kind === 'set' || kind === 'add';
    const request = new Request(
      kind,
      'secret-key',
      60,
      stores ? { value: Buffer.from('v'), length: 1, flags: 0, cas: undefined } : undefined,
    );
    request.resolve = (answer) => settled.push(answer);
    request.reject = (error) => settled.push(error);
    queue.push(request);
    queue.markSent(request);
    dialect.write(request, new CommandBatch());
  }
  return { queue, settled, read: (text) => reader.read(Buffer.from(text, 'latin1'), text.length) };
}

describe('ReplyReader', () => {
  it('gives every request its own reply', () => {
    const { settled, queue, read } = asked('get', 'set', 'get', 'cas');
    read('VA 2 f0 c1 t1 O1\r\nHD\r\nHD O2\r\nEN O3\r\nNF O4\r\n');
    expect(settled).toEqual([expect.objectContaining({ value: Buffer.from('HD') }), 'stored', undefined, 'missing']);
    expect(queue.size).toBe(0);
  });

  it.each(['HD\r\n', '\r\n', 'x\n', 'ERROR\r\n'])('takes %j, which nothing was asked for, as a fault', (text) => {
    expect(() => asked().read(text)).toThrow('a reply came that nothing was asked for');
  });

  it('takes a reply to a request that was not sent as a fault', () => {
    const { queue, read } = asked('get');
    queue.push(new Request('get', 'unsent', 0));
    read('EN O1\r\n');
    expect(() => read('EN O2\r\n')).toThrow('a reply came that nothing was asked for');
  });

  it('wants CRLF at the end of lines and values', () => {
    expect(() => asked('get').read('EN\n')).toThrow('does not end with CRLF');
    expect(() => asked('get').read('\n')).toThrow('does not end with CRLF');
    expect(() => asked('get').read('VA 2 f0 c1 t1\r\nvvv\r\n')).toThrow('does not end with CRLF where its length says');
    const { read } = asked('get');
    read('VA 2 f0 c1 t1\r\nv');
    expect(() => read('v\n')).toThrow('does not end with CRLF where its length says');
  });

  it('bounds lines, whether they come at once or in pieces', () => {
    expect(() => asked('get').read('E'.repeat(2049))).toThrow('longer than 2048 bytes');
    const { read } = asked('get');
    for (let piece = 0; piece < 20; piece += 1) read('E'.repeat(100));
    expect(() => read('E'.repeat(100))).toThrow('longer than 2048 bytes');
  });

  it('bounds values before it makes room for them, and says how to have larger ones', () => {
    const { settled, read } = asked('get', 'get');
    read(`VA ${MAX_VALUE_BYTES} f0 c1 t1\r\n${'v'.repeat(MAX_VALUE_BYTES)}\r\n`);
    expect(settled).toHaveLength(1);
    expect(() => read(`VA ${MAX_VALUE_BYTES + 1} f0 c1 t1\r\n`)).toThrow('raise `maxValueBytes`');
    expect(() => asked('get').read('VA 999999999999999 f0 c1 t1\r\n')).toThrow('raise `maxValueBytes`');
  });

  it.each([
    ['f1 c2 t3 O2', 'belongs to another request'],
    ['f1 c2 t3 O', 'a number was expected'],
    ['f4294967296 c2 t3 O1', 'an unsigned 32-bit number was expected'],
    ['f1 c18446744073709551616 t3 O1', 'an unsigned 64-bit number was expected'],
    ['f1 c2 O1', 'lacks an attribute'],
    ['f1 c2 t3 O1 f1', 'an attribute twice'],
  ])('does not take an item with "%s", long or short', (attributes, fault) => {
    expect(() => asked('get').read(`VA 90 ${attributes}\r\n${'v'.repeat(90)}\r\n`)).toThrow(fault);
    expect(() => asked('get').read(`VA 1 ${attributes}\r\nv\r\n`)).toThrow(fault);
  });

  it.each(['f1 c2 t3 O1', 'c2 t3 f1 O1', 'f1 c2 t3'])('takes an item with "%s", long or short', (attributes) => {
    for (const length of [1, 90]) {
      const { settled, read } = asked('get');
      read(`VA ${length} ${attributes}\r\n${'v'.repeat(length)}\r\n`);
      expect(settled).toEqual([
        { value: Buffer.alloc(length, 'v'), flags: 1, cas: { unique: 2, epoch: 1 }, ttlSeconds: 3 },
      ]);
    }
  });

  it('goes on after an error that says where the next reply begins', () => {
    const { settled, read } = asked('get', 'set', 'set', 'touch', 'get');
    read(
      'SERVER_ERROR out of memory reading request\r\nSERVER_ERROR out of memory storing object\r\n' +
        'SERVER_ERROR object too large for cache\r\nCLIENT_ERROR invalid flag\r\nEN O5\r\n',
    );
    const codes = settled.slice(0, 4).map((error) => (error as { code?: string }).code);
    expect(codes).toEqual(['SESS_SERVER', 'SESS_OUT_OF_MEMORY', 'SESS_TOO_LARGE', 'SESS_SERVER']);
    expect(describeError(settled[1])).toContain('-M');
    expect(describeError(settled[2])).toContain('raise memcached -I');
    expect(settled[4]).toBeUndefined();
  });

  it.each(['ERROR', 'CLIENT_ERROR bad data chunk', 'CLIENT_ERROR line too long', 'SERVER_ERROR something new'])(
    'does not go on after "%s" in answer to a store: the value may be read as commands',
    (line) => {
      const { settled, read } = asked('set', 'get');
      expect(() => read(`${line}\r\nEN O2\r\n`)).toThrow(
        expect.objectContaining({ name: 'ReplyFault', code: 'SESS_CONNECTION' }),
      );
      expect(settled).toEqual([
        expect.objectContaining({ code: 'SESS_SERVER', message: expect.stringContaining(line) }),
      ]);
    },
  );

  it('knows a node that asks for credentials', () => {
    expect(() => asked('get').read('CLIENT_ERROR unauthenticated\r\n')).toThrow(
      expect.objectContaining({ code: 'SESS_AUTH' }),
    );
  });

  it('repeats neither keys nor values nor control characters in errors', () => {
    const { settled, read } = asked('get');
    read('SERVER_ERROR no such backend for secret-key \x1b[31m\r\n');
    expect(describeError(settled[0])).toContain('"SERVER_ERROR no such backend for (key) ?[31m"');
    expect(() => asked('get').read('secret-key=1\r\n')).toThrow(/begins with something else than a status/);
  });
});

function describeError(settled: Answer | Error): string {
  return settled instanceof Error ? settled.message : 'no error';
}
