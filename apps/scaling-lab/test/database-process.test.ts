import { postgresBacking } from '@sess/postgres-backing';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startBuiltDatabase } from './built-database.ts';

/** A database starts slowly, and many times slower on a busy machine. */
const LONG_MS = 120_000;
const calm = new AbortController().signal;

let database: Awaited<ReturnType<typeof startBuiltDatabase>>;

beforeAll(async () => {
  database = await startBuiltDatabase();
}, LONG_MS);
afterAll(() => database?.close(), LONG_MS);

/** A message of PostgreSQL's protocol; the first one of a connection has no type. */
function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body, 'latin1')]);
}

/** The messages of `select '<text>'`, from the first to before the one that has it executed. */
const prepared = (text: string): readonly Buffer[] => [
  message('P', `\0select '${text}'\0\0\0`),
  message('B', '\0\0\0\0\0\0\0\0'),
  message('H', ''),
];
/** Ready for the next statement, in no transaction. */
const READY = 'Z\0\0\0\x05I';
/** The values of a statement are bound. */
const BOUND = '2\0\0\0\x04';
const EXECUTE = [message('E', '\0\0\0\0\0'), message('S', '')];

/** Resolves when it has come. */
async function answered(socket: Socket, what: string): Promise<string> {
  let came = '';
  while (!came.includes(what)) {
    const [bytes]: Buffer[] = await once(socket, 'data');
    came += bytes?.toString('latin1');
  }
  return came;
}

/** A connection that is ready for statements. */
async function open(): Promise<Socket> {
  const { hostname, port } = new URL(database.url);
  const socket = connect(Number(port), hostname);
  socket.write(message('', '\0\x03\0\0user\0postgres\0database\0postgres\0\0'));
  await answered(socket, READY);
  return socket;
}

// Runs only in the long form, because it starts its own database.
describe.runIf(inject('long'))('the database of the lab', () => {
  it('serves several connections at once, with statements that all prepare by one name', async () => {
    const backings = [0, 1, 2].map(() =>
      postgresBacking({ connectionString: database.url, connections: 2, statementTimeoutMs: 10_000 }),
    );
    const backingFor = (number: number): (typeof backings)[number] =>
      backings[number % 3] ?? expect.fail('there are three');
    const ids = Array.from({ length: 60 }, (_, number) => `s/of-${number}`);
    const expiresAt = Date.now() + 60_000;
    await Promise.all(
      ids.map((id, number) =>
        backingFor(number).save(id, { value: Buffer.from(id), version: 1, replaces: 'absent', expiresAt }, calm),
      ),
    );
    const loaded = await Promise.all(ids.map((id, number) => backingFor(number + 1).load(id, calm)));
    expect(
      loaded.map((session) => (typeof session === 'object' ? Buffer.from(session.value).toString() : session)),
    ).toEqual(ids);
    await Promise.all(backings.map((backing) => backing.close()));
  });

  it('answers a connection what it asked, also when another one asks in the middle of its statement', async () => {
    const [one, other] = [await open(), await open()];
    one.write(Buffer.concat(prepared('for one')));
    await answered(one, BOUND);
    // Comes when it is the other one's turn.
    const others = answered(other, READY);
    other.write(Buffer.concat([...prepared('for the other'), ...EXECUTE]));
    const ones = answered(one, READY);
    one.write(Buffer.concat(EXECUTE));
    expect(await ones).toContain('for one');
    expect(await others).toContain('for the other');
    one.destroy();
    other.destroy();
  });

  it('gives the turn to the next when a connection breaks in the middle of its statement', async () => {
    const [one, other] = [await open(), await open()];
    one.write(Buffer.concat(prepared('for one')));
    await answered(one, BOUND);
    one.destroy();
    other.write(Buffer.concat([...prepared('for the other'), ...EXECUTE]));
    expect(await answered(other, READY)).toContain('for the other');
    other.destroy();
  });
});
