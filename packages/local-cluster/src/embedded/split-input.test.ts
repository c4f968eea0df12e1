import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryRequest, counterExtras, words } from '../../test/wire/binary-request.ts';
import { BinaryProtocol } from './binary/binary-protocol.ts';
import { OPCODE } from './binary/frame.ts';
import { ByteQueue } from './byte-queue.ts';
import { ItemStore } from './item-store.ts';
import type { Protocol, Step } from './protocol.ts';
import { Reply } from './reply.ts';
import { ServerStats } from './stats/server-stats.ts';
import type { CommandContext } from './text/command.ts';
import { TextLogin } from './text/text-login.ts';
import { TextProtocol } from './text/text-protocol.ts';

const CREDENTIALS = { username: 'user', password: 'secret' };

function commandContext(): CommandContext {
  const store = new ItemStore({ memoryBytes: 1_048_576, itemBytes: 20_000 }, () => 1_700_000_000_000);
  return { store, stats: new ServerStats(), listing: undefined, listsKeys: true };
}

/** The answer of the protocol when the bytes arrive in pieces that end at `cuts`. */
function answerTo(protocol: Protocol, bytes: Buffer, cuts: readonly number[]): string {
  const input = new ByteQueue();
  const reply = new Reply();
  let closed = false;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    input.push(bytes.subarray(from, to));
    from = to;
    let step: Step = closed ? 'close' : protocol.step(input, reply);
    while (step === 'again') step = protocol.step(input, reply);
    closed = step === 'close';
  }
  return (
    Buffer.concat(
      reply.takeParts().map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
    ).toString('latin1') + (closed ? '<closed>' : '')
  );
}

const TEXT = Buffer.from(
  [
    'set a 5 0 3\r\nabc\r\n',
    'set b 0 0 3 noreply\r\n\r\nx\r\n',
    'gets a b c\r\n',
    'set a 0 0 3\r\nfour\r\nget a\r\n',
    `set big 0 0 30000\r\n${'x'.repeat(30_000)}\r\n`,
    `ms big 30000 q\r\n${'y'.repeat(30_000)}\r\n`,
    'ms m 2 T100 F9 c k Oq\r\nhi\r\n',
    'mg m v t f c k\r\nmg no v q\r\nmn\r\n',
    'incr a 1\r\nnonsense\r\n\r\nversion\nverbosity 1\r\n',
    'GET / HTTP/1.1\r\nversion\r\n',
  ].join(''),
);
const BINARY = Buffer.concat([
  binaryRequest({ opcode: OPCODE.set, key: 'a', value: 'abc', extras: words(5, 100) }),
  binaryRequest({ opcode: OPCODE.getk, key: 'a' }),
  binaryRequest({ opcode: OPCODE.getq, key: 'no' }),
  binaryRequest({ opcode: OPCODE.set, key: 'big', value: 'x'.repeat(30_000), extras: words(0, 0) }),
  binaryRequest({ opcode: OPCODE.gat, key: 'a', extras: words(50) }),
  binaryRequest({ opcode: OPCODE.increment, key: 'n', extras: counterExtras(1n, 7n, 0) }),
  binaryRequest({ opcode: 0x77, value: 'a body of its own' }),
  binaryRequest({ opcode: OPCODE.noop }),
  binaryRequest({ opcode: OPCODE.quit }),
  binaryRequest({ opcode: OPCODE.noop }),
]);
const LOGIN = Buffer.from(
  'get a\r\nset x 0 0 5\r\nwrong\r\nset x 0 0 10\r\nuser wrong\r\nset x 0 0 11\r\nuser secret\r\nmn\r\n',
);

const SPEAKERS: readonly (readonly [name: string, bytes: Buffer, make: () => Protocol])[] = [
  ['text', TEXT, () => new TextProtocol(commandContext(), undefined)],
  ['text, with a login', LOGIN, () => new TextProtocol(commandContext(), new TextLogin(CREDENTIALS))],
  ['binary', BINARY, () => new BinaryProtocol(commandContext(), undefined)],
];

describe.each(SPEAKERS)('the answers do not depend on how the bytes are split: %s', (_name, bytes, make) => {
  const whole = answerTo(make(), bytes, []);

  test('cut into single bytes', () => {
    expect(answerTo(make(), bytes, Array.from(bytes.keys()))).toBe(whole);
  });

  test('cut anywhere', () => {
    const cuts = fc
      .uniqueArray(fc.nat(bytes.length), { maxLength: 20 })
      .map((list) => list.toSorted((one, other) => one - other));
    fc.assert(fc.property(cuts, (list) => answerTo(make(), bytes, list) === whole));
  });
});

describe('a login in the text protocol', () => {
  test('refuses every command before, and tells what was wrong', () => {
    expect(answerTo(new TextProtocol(commandContext(), new TextLogin(CREDENTIALS)), LOGIN, [])).toBe(
      'CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR bad authentication token format\r\nCLIENT_ERROR authentication failure\r\nSTORED\r\nMN\r\n',
    );
  });
});

const ask = (text: string): string => answerTo(new TextProtocol(commandContext(), undefined), Buffer.from(text), []);

describe('a line without an end', () => {
  test('closes the connection past 2,048 bytes, unless it is a get', () => {
    expect(ask('x'.repeat(2_048))).toBe('');
    expect(ask('x'.repeat(2_049))).toBe('<closed>');
    expect(ask(`get ${'k '.repeat(3_000)}`)).toBe('');
    expect(ask(`gets ${'k '.repeat(3_000)}`)).toBe('');
    expect(ask(`get ${'k '.repeat(3 * 1_048_576)}`)).toBe('<closed>');
  });

  test('a get of many keys is answered', () => {
    expect(ask(`set k 0 0 1\r\nx\r\nget ${'k '.repeat(3_000)}\r\n`)).toBe(
      `STORED\r\n${'VALUE k 0 1\r\nx\r\n'.repeat(3_000)}END\r\n`,
    );
  });
});
