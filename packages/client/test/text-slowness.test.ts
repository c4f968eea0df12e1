import { describe, expect, it } from 'vitest';
import { opaque, outcomes, ScriptedServer } from './text-scripted-server.ts';

const SHORT = { timeoutMs: 60, connectTimeoutMs: 5_000 };
/** Long enough that a connection is not given up within a test. */
const PATIENT = { timeoutMs: 300 };

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a reply that comes too late', () => {
  it('answers nothing, and the connection goes on', async () => {
    const server = await ScriptedServer.start(PATIENT);
    const peer = await server.serve();
    const late = rejection(server.transport.get('late'));
    const [lateLine] = await peer.lines(1);
    expect(await late).toMatchObject({
      code: 'SESS_TIMEOUT',
      retryable: true,
      message: expect.stringContaining('300 ms'),
    });

    const next = server.transport.get('next');
    const [nextLine] = await peer.lines(1);
    peer.say(`VA 4 f0 c1 t1 ${opaque(lateLine)}\r\nlate\r\n`);
    peer.say(`VA 4 f0 c2 t1 ${opaque(nextLine)}\r\nnext\r\n`);
    expect((await next)?.value.toString()).toBe('next');
    expect([server.connections, server.losses]).toEqual([1, []]);
  });

  it('that has begun to come is read to its end, and answers nothing either', async () => {
    const server = await ScriptedServer.start(PATIENT);
    const peer = await server.serve();
    const late = rejection(server.transport.get('late'));
    await peer.lines(1);
    peer.say('VA 10000 f0 c1 t1\r\n' + 'late '.repeat(1_000));
    expect(await late).toMatchObject({ code: 'SESS_TIMEOUT' });
    const next = server.transport.get('next');
    await peer.lines(1);
    peer.say('late '.repeat(1_000) + '\r\nVA 4 f0 c2 t1\r\nnext\r\n');
    expect((await next)?.value.toString()).toBe('next');
  });

  it('counts as in flight until it has come', async () => {
    const server = await ScriptedServer.start({ ...PATIENT, maxInFlight: 3 });
    const peer = await server.serve();
    const { transport } = server;
    expect(await outcomes([1, 2, 3].map((index) => transport.get(`key-${index}`)))).toEqual([
      'SESS_TIMEOUT',
      'SESS_TIMEOUT',
      'SESS_TIMEOUT',
    ]);
    const refused = await rejection(transport.get('key-4'));
    expect(refused).toMatchObject({
      code: 'SESS_OVERLOADED',
      retryable: true,
      message: expect.stringContaining('maxInFlight'),
    });
    const lines = await peer.lines(3);
    peer.say(`EN ${opaque(lines[0])}\r\nEN ${opaque(lines[1])}\r\n`);
    // That the replies were read is seen in nothing but that there is room again.
    let answer: Promise<unknown> | undefined;
    while (answer === undefined) {
      const attempt = server.transport.get('key-5');
      const early = rejection(attempt);
      await new Promise((resolve) => setImmediate(resolve));
      if ((await Promise.race([early, Promise.resolve()])) === undefined) answer = attempt;
    }
    const [line] = await peer.lines(1);
    peer.say(`EN ${opaque(lines[2])}\r\nEN ${opaque(line)}\r\n`);
    expect(await answer).toBeUndefined();
  });
});

describe('a connection that answers nothing', () => {
  it('is dropped within three timeouts, fails what waits on it, and is made again', async () => {
    const server = await ScriptedServer.start(SHORT);
    const silent = await server.serve();
    const begin = performance.now();
    const lost = server.lost(1);
    expect(await rejection(server.transport.get('first'))).toMatchObject({ code: 'SESS_TIMEOUT' });
    await lost;
    const waitedMs = performance.now() - begin;
    expect(server.losses[0]).toMatchObject({
      code: 'SESS_CONNECTION',
      message: expect.stringContaining('nothing was answered for 120 ms'),
    });
    expect(waitedMs).toBeGreaterThanOrEqual(SHORT.timeoutMs * 2 - 5);
    await silent.closed();

    // It had served, so the next one is made at once.
    const fresh = await server.greet();
    const probe = server.transport.probe();
    await fresh.lines(1);
    fresh.say('VERSION 2\r\n');
    expect(await probe).toBe('2');
  });

  it('keeps nobody waiting for other nodes', async () => {
    const slow = await ScriptedServer.start(PATIENT);
    const quick = await ScriptedServer.start(PATIENT);
    await slow.serve();
    const peer = await quick.serve();
    const waiting = rejection(slow.transport.get('key'));
    const answer = quick.transport.get('key');
    const first = Promise.race([waiting.then(() => 'slow'), answer.then(() => 'quick')]);
    await peer.lines(1);
    peer.say('EN\r\n');
    expect(await first).toBe('quick');
    expect(await waiting).toMatchObject({ code: 'SESS_TIMEOUT' });
  });
});

describe('a request that waits for the connection', () => {
  it('has its time too', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 50, connectTimeoutMs: 2_000 });
    const waiting = [
      server.transport.get('key'),
      server.transport.store('set', 'key', Buffer.from('v'), { ttlSeconds: 1, flags: 0 }),
    ];
    const peer = await server.accept();
    expect(await outcomes(waiting)).toEqual(['SESS_TIMEOUT', 'SESS_TIMEOUT']);
    // Neither is sent when the connection stands at last.
    await peer.lines(2);
    peer.say('MN\r\nVERSION 1.6.18\r\n');
    const probe = server.transport.probe();
    expect(await peer.lines(1)).toEqual(['version']);
    peer.say('VERSION 1.6.18\r\n');
    await probe;
  });

  it('is within the bounds', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 50, maxInFlight: 2 });
    expect(await outcomes([1, 2, 3].map(() => server.transport.get('key')))).toEqual([
      'SESS_TIMEOUT',
      'SESS_TIMEOUT',
      'SESS_OVERLOADED',
    ]);
  });
});

describe('a process that was busy', () => {
  it('does not blame the node: replies that have come are read before requests are given up', async () => {
    const server = await ScriptedServer.start(SHORT);
    const peer = await server.serve();
    const answer = server.transport.get('key');
    const [line] = await peer.lines(1);
    await new Promise<void>((resolve) => {
      peer.socket.write(`EN ${opaque(line)}\r\n`, () => resolve());
    });
    const until = performance.now() + 3 * SHORT.timeoutMs;
    while (performance.now() < until);
    expect(await answer).toBeUndefined();
  });
});
