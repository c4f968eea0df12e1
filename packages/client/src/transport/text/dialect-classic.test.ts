import { describe, expect, it } from 'vitest';
import { CommandBatch } from './command-batch.ts';
import { ClassicDialect } from './dialect-classic.ts';
import { ReplyReader } from './reply-reader.ts';
import { Request, type Answer, type RequestKind, type Storage } from './request.ts';
import { RequestQueue } from './request-queue.ts';

const VALUE = Buffer.from('value');

function storage(cas?: number): Storage {
  return {
    value: VALUE,
    length: VALUE.length,
    flags: 9,
    cas: cas === undefined ? undefined : { unique: cas, epoch: 1 },
  };
}

/** A connection whose other end is the test. */
class Connected {
  readonly queue: RequestQueue = new RequestQueue();
  readonly settled: (Answer | Error)[] = [];
  readonly #dialect: ClassicDialect = new ClassicDialect('n:1', 1);
  readonly #reader: ReplyReader = new ReplyReader(this.queue, this.#dialect, 1000);

  submit(kind: RequestKind, key: string = 'key'): Request {
    const request = new Request(
      kind,
      key,
      60,
      kind === 'cas' ? storage(5) : kind === 'set' || kind === 'add' ? storage() : undefined,
    );
    request.resolve = (answer) => this.settled.push(answer);
    request.reject = (error) => this.settled.push(error);
    this.queue.push(request);
    return request;
  }

  /** Sends the unsent commands and returns their text. */
  send(): string {
    const batch = new CommandBatch();
    const written: string[] = [];
    for (let request = this.queue.unsent; request !== undefined; request = this.queue.unsent) {
      this.queue.markSent(request);
      this.#dialect.write(request, batch);
    }
    batch.send({ cork() {}, uncork() {}, write: (bytes) => written.push(Buffer.from(bytes).toString()) > 0 }, () => {});
    return written.join('');
  }

  read(text: string): void {
    this.#reader.read(Buffer.from(text), text.length);
  }
}

function ask(kind: RequestKind, reply: string): Answer | Error {
  const connected = new Connected();
  connected.submit(kind);
  connected.send();
  connected.read(reply);
  return connected.settled[0];
}

/** A connection to a server that answered `gats` with ERROR. */
function withoutGats(): Connected {
  const connected = new Connected();
  connected.submit('touch', 'old');
  connected.send();
  connected.read('ERROR\r\n');
  expect(connected.settled).toEqual([]);
  expect(connected.send()).toBe('gets old\r\ntouch old 60\r\n');
  connected.read('END\r\nNOT_FOUND\r\n');
  expect(connected.settled.splice(0)).toEqual([undefined]);
  return connected;
}

describe('ClassicDialect', () => {
  it('asks with what every memcached knows', () => {
    const connected = new Connected();
    for (const kind of ['get', 'touch', 'set', 'add', 'cas', 'probe'] as const) connected.submit(kind);
    expect(connected.send()).toBe(
      [
        'gets key',
        'gats 60 key',
        'set key 9 60 5',
        'value',
        'add key 9 60 5',
        'value',
        'cas key 9 60 5 5',
        'value',
        'version',
        '',
      ].join('\r\n'),
    );
  });

  it.each<[RequestKind, string, Answer]>([
    ['get', 'END\r\n', undefined],
    [
      'get',
      'VALUE key 1 2 3\r\nvv\r\nEND\r\n',
      { value: Buffer.from('vv'), flags: 1, cas: { unique: 3, epoch: 1 }, ttlSeconds: undefined },
    ],
    [
      'get',
      'VALUE key 1 0 3\r\n\r\nEND\r\n',
      { value: Buffer.alloc(0), flags: 1, cas: { unique: 3, epoch: 1 }, ttlSeconds: undefined },
    ],
    ['touch', 'VALUE key 7 2 3\r\nvv\r\nEND\r\n', { flags: 7 }],
    ['touch', 'END\r\n', undefined],
    ['set', 'STORED\r\n', 'stored'],
    ['add', 'NOT_STORED\r\n', 'exists'],
    ['cas', 'EXISTS\r\n', 'exists'],
    ['cas', 'NOT_FOUND\r\n', 'missing'],
    ['probe', 'VERSION 1.4.34\r\n', '1.4.34'],
  ])('answers a %s with what %j means', (kind, reply, answer) => {
    expect(ask(kind, reply)).toEqual(answer);
  });

  it.each<[RequestKind, string]>([
    ['get', 'VALUE kez 1 2 3\r\n'],
    ['get', 'VALUE key2 1 2 3\r\n'],
    ['get', 'VALUE key 1 2\r\n'],
    ['get', 'VALUE key 1 2 3 4\r\n'],
    ['get', 'VALUE key 1 2 3\r\nvv\r\nVALUE key 1 2 3\r\n'],
    ['get', 'VALUE key 1 2 3\r\nvv\r\nERROR\r\n'],
    ['get', 'VALUE key 1 2 3\r\nvvv\r\nEND\r\n'],
    ['get', 'STORED\r\n'],
    ['set', 'EXISTS\r\n'],
    ['set', 'END\r\n'],
    ['add', 'EXISTS\r\n'],
    ['cas', 'NOT_STORED\r\n'],
    ['touch', 'TOUCHED\r\n'],
    ['probe', 'MN\r\n'],
  ])('does not take, for a %s, %j', (kind, reply) => {
    expect(() => ask(kind, reply)).toThrow(expect.objectContaining({ name: 'ReplyFault', code: 'SESS_PROTOCOL' }));
  });

  describe('on a server without gats', () => {
    it('sends the request again as gets and touch, and all later ones', () => {
      const connected = withoutGats();
      connected.submit('touch');
      connected.submit('touch');
      expect(connected.send()).toBe('gets key\r\ntouch key 60\r\ngets key\r\ntouch key 60\r\n');
      connected.read('VALUE key 1 2 3\r\nvv\r\nEND\r\nTOUCHED\r\nVALUE key 2 2 3\r\nvv\r\nEND\r\nTOUCHED\r\n');
      expect(connected.settled).toEqual([{ flags: 1 }, { flags: 2 }]);
      expect(connected.queue.size).toBe(0);
    });

    it('counts an item that went away in between as a miss', () => {
      const connected = withoutGats();
      connected.submit('touch');
      connected.send();
      connected.read('VALUE key 1 2 3\r\nvv\r\nEND\r\nNOT_FOUND\r\n');
      expect(connected.settled).toEqual([undefined]);
    });

    it('counts an item that came in between as a miss', () => {
      const connected = withoutGats();
      connected.submit('touch');
      connected.send();
      connected.read('END\r\nTOUCHED\r\n');
      expect(connected.settled).toEqual([undefined]);
    });

    it('takes the reply to touch behind an error for what it is', () => {
      const connected = withoutGats();
      connected.submit('touch');
      connected.submit('set');
      connected.send();
      connected.read('SERVER_ERROR out of memory writing get response\r\nTOUCHED\r\nSTORED\r\n');
      expect(connected.settled).toEqual([expect.objectContaining({ code: 'SESS_SERVER' }), 'stored']);
    });

    it('does not send again what nobody waits for', () => {
      const connected = new Connected();
      const request = connected.submit('touch');
      connected.send();
      connected.queue.abandon(request);
      request.fail(new Error('timed out'));
      connected.read('ERROR\r\n');
      expect(connected.queue.size).toBe(0);
    });
  });
});
