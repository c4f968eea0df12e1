import { describe, expect, it } from 'vitest';
import { outcomes, type Peer, ScriptedServer } from './text-scripted-server.ts';

describe('a node that hangs up on the question for the meta dialect', () => {
  it('is spoken to in classic at once, on another connection, and is not blamed', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key');
    const first = await server.accept();
    await first.lines(2);
    first.socket.destroy();
    const second = await server.accept();
    expect(await second.lines(1)).toEqual(['version']);
    second.say('VERSION 1.6.18\r\n');
    expect(await second.lines(1)).toEqual(['gets key']);
    second.say('END\r\n');
    expect([await answer, server.losses]).toEqual([undefined, []]);
    // A proxy hangs up on `gats` as well, and says the version of a node behind it.
    const touched = server.transport.touch('key', 60);
    expect(await second.lines(2)).toEqual(['gets key', 'touch key 60']);
    second.say('END\r\nNOT_FOUND\r\n');
    expect(await touched).toBeUndefined();
  });

  it('is spoken to in classic with credentials, too', async () => {
    const server = await ScriptedServer.start({ credentials: { username: 'user', password: 'password' } });
    const answer = server.transport.get('key');
    const first = await server.accept();
    expect(await first.lines(4)).toEqual(['set auth 0 -1 13', 'user password', 'mn', 'version']);
    first.socket.destroy();
    const second = await server.accept();
    expect(await second.lines(3)).toEqual(['set auth 0 -1 13', 'user password', 'version']);
    second.say('STORED\r\nVERSION 1.6.18\r\n');
    await second.lines(1);
    second.say('END\r\n');
    expect([await answer, server.losses]).toEqual([undefined, []]);
  });

  it('and on `version`, too, is an error that names both', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key').catch((error: unknown) => error);
    for (const lines of [2, 1]) {
      const peer = await server.accept();
      await peer.lines(lines);
      peer.socket.end();
    }
    const message = expect.stringMatching(/TLS.*`mn`.*`version`/) as string;
    expect(await answer).toMatchObject({ code: 'SESS_CONNECTION', message });
    expect([server.connections, server.losses.length]).toEqual([2, 1]);
  });

  it('is asked again after a loss: it may have been a node that was just starting', async () => {
    const server = await ScriptedServer.start();
    const probe = server.transport.probe();
    const first = await server.accept();
    await first.lines(2);
    first.socket.destroy();
    const second = await server.accept();
    await second.lines(1);
    second.say('VERSION 1.6.18\r\n');
    await second.lines(1);
    second.say('VERSION 1.6.18\r\n');
    await probe;
    second.socket.destroy();
    const third = await server.accept();
    expect(await third.lines(2)).toEqual(['mn', 'version']);
  });

  it('is not one that was asked for meta and nothing else', async () => {
    const server = await ScriptedServer.start({}, 'meta');
    const answer = server.transport.get('key').catch((error: unknown) => error);
    const peer = await server.accept();
    await peer.lines(2);
    peer.socket.end();
    expect([await answer, server.connections]).toMatchObject([{ code: 'SESS_CONNECTION' }, 1]);
  });
});

describe('a proxy that answers `mn`, and does not know it', () => {
  it.each([
    ['with an error, and hangs up', (peer: Peer) => void peer.socket.end('ERROR\r\n')],
    ['with the answer to `version`', (peer: Peer) => peer.say('VERSION 1.6.18\r\n')],
    ['with an error, and is silent then', (peer: Peer) => peer.say('CLIENT_ERROR unknown command\r\n')],
    ['with words of its own', (peer: Peer) => peer.say('no such command: mn\r\nVERSION 1.6.18\r\n')],
  ])('%s, is spoken to in classic at once, and from then on', async (_, refuse) => {
    const server = await ScriptedServer.start({ connectTimeoutMs: 200 });
    const answer = server.transport.get('key');
    const first = await server.accept();
    expect(await first.lines(2)).toEqual(['mn', 'version']);
    refuse(first);
    const second = await server.accept();
    await serveClassic(second);
    expect([await answer, server.losses]).toEqual([undefined, []]);
    second.socket.destroy();
    const third = await server.accept();
    expect(await third.lines(1)).toEqual(['version']);
  });

  it.each(['CLIENT_ERROR unknown command', 'SERVER_ERROR unknown command mn', 'ERROR'])(
    'with "%s" and then `version`, is spoken to in classic on the same connection, without `gats`',
    async (refusal) => {
      const server = await ScriptedServer.start();
      const answer = server.transport.touch('key', 60);
      const peer = await server.accept();
      await peer.lines(2);
      // The version of a node behind it, which would know `mn`.
      peer.say(`${refusal}\r\nVERSION 1.6.18\r\n`);
      expect(await peer.lines(2)).toEqual(['gets key', 'touch key 60']);
      peer.say('END\r\nNOT_FOUND\r\n');
      expect([await answer, server.connections]).toEqual([undefined, 1]);
    },
  );

  it('is asked once in each dialect, and again for `mn` when it may be another node', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key').catch((error: unknown) => error);
    for (const lines of [2, 1]) {
      const peer = await server.accept();
      await peer.lines(lines);
      peer.socket.end('ERROR\r\n');
    }
    const message = expect.stringContaining('in answer to `version`') as string;
    expect(await answer).toMatchObject({ code: 'SESS_PROTOCOL', message });
    expect([server.connections, server.losses.length]).toEqual([2, 1]);
    void server.transport.probe().catch(() => undefined);
    expect(await (await server.accept()).lines(2)).toEqual(['mn', 'version']);
  });

  it('is not spoken to in classic by a client that wants meta and nothing else', async () => {
    const server = await ScriptedServer.start({}, 'meta');
    const answer = server.transport.get('key').catch((error: unknown) => error);
    const peer = await server.accept();
    await peer.lines(2);
    peer.socket.end('ERROR\r\n');
    const message = expect.stringContaining("leave `dialect` at 'auto'") as string;
    expect([await answer, server.connections]).toMatchObject([{ code: 'SESS_PROTOCOL', message }, 1]);
  });
});

describe('a proxy that is silent on `mn`', () => {
  it.each(['timeoutMs', 'connectTimeoutMs'] as const)(
    'is an error that names it and the dialect (%s)',
    async (limit) => {
      const server = await ScriptedServer.start({ [limit]: 50 });
      const message = expect.stringMatching(/proxy.*`mn`.*dialect: 'classic'/) as string;
      await expect(server.transport.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT', message });
    },
  );

  it('is no advice for a client that did not send `mn`', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 50 }, 'classic');
    const message = expect.not.stringContaining('proxy') as string;
    await expect(server.transport.get('key')).rejects.toMatchObject({ code: 'SESS_TIMEOUT', message });
  });
});

describe('a proxy that knows `mn`, but no meta commands', () => {
  it('is spoken to in classic at once, and from then on; reads that were refused are sent again', async () => {
    const server = await ScriptedServer.start();
    const answers = Promise.all(['one', 'two'].map((key) => server.transport.get(key)));
    const first = await server.greet();
    await first.lines(2);
    first.say('ERROR\r\nERROR\r\n');
    const second = await server.accept();
    await serveClassic(second, 2);
    expect([await answers, server.losses]).toEqual([[undefined, undefined], []]);
    second.socket.destroy();
    expect(await (await server.accept()).lines(1)).toEqual(['version']);
  });

  it.each([
    'ERROR unknown command',
    'CLIENT_ERROR unknown command',
    'CLIENT_ERROR unsupported request',
    'SERVER_ERROR command not supported',
  ])('may say so in its own words: %s', async (refusal) => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key');
    const first = await server.greet();
    await first.lines(1);
    first.say(`${refusal}\r\n`);
    await serveClassic(await server.accept());
    expect([await answer, server.losses]).toEqual([undefined, []]);
  });

  it.each([
    ['hangs up', (peer: Peer) => void peer.socket.end()],
    ['resets the connection', (peer: Peer) => void peer.socket.resetAndDestroy()],
  ])('and %s, is spoken to in classic when it does so again, and asked again after a loss', async (_, hangUp) => {
    const server = await ScriptedServer.start();
    const first = await server.serve();
    const lost = outcomes([server.transport.get('one')]);
    await first.lines(1);
    hangUp(first);
    // Perhaps it stopped just then.
    expect(await lost).toEqual(['SESS_CONNECTION']);
    const second = await server.greet();
    const answers = Promise.all(['two', 'three'].map((key) => server.transport.get(key)));
    await second.lines(2);
    hangUp(second);
    const third = await server.accept();
    await serveClassic(third, 2);
    expect([await answers, server.losses.length]).toEqual([[undefined, undefined], 1]);
    third.socket.destroy();
    const asked = server.accept();
    await expect
      .poll(() => {
        server.transport.probe().catch(() => undefined);
        return server.connections;
      })
      .toBe(4);
    expect(await (await asked).lines(2)).toEqual(['mn', 'version']);
  });

  it('is not a node that has answered a meta command between two losses', async () => {
    const server = await ScriptedServer.start();
    for (const reply of ['', 'EN\r\n', '']) {
      const peer = await server.serve();
      const answer = outcomes([server.transport.get('key')]);
      await peer.lines(1);
      if (reply !== '') {
        peer.say(reply);
        expect(await answer).toEqual([undefined]);
      }
      peer.socket.destroy();
      if (reply === '') expect(await answer).toEqual(['SESS_CONNECTION']);
      await expect.poll(() => server.losses.length).toBe(server.connections);
    }
  });

  it('fails a write with the reason: the value may have been read as commands', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.store('set', 'key', Buffer.from('v'), { ttlSeconds: 60, flags: 0 });
    const first = await server.greet();
    await first.lines(2);
    first.say('ERROR\r\n');
    const message = expect.stringMatching(/`mn`.*dialect: 'classic'/) as string;
    await expect(answer).rejects.toMatchObject({ code: 'SESS_SERVER', message });
    expect(await (await server.accept()).lines(1)).toEqual(['version']);
  });

  it('is an error with the reason for a client that wants meta and nothing else', async () => {
    const server = await ScriptedServer.start({}, 'meta');
    const answer = server.transport.get('key').catch((error: unknown) => error);
    const peer = await server.greet();
    await peer.lines(1);
    peer.say('ERROR\r\n');
    const message = expect.stringMatching(/`mn`.*dialect: 'classic'/) as string;
    expect(await answer).toMatchObject({ code: 'SESS_CONNECTION', message });
  });

  it('is not a node that has answered meta commands: its error is that of one request', async () => {
    const server = await ScriptedServer.start();
    const answer = Promise.allSettled(['one', 'two'].map((key) => server.transport.get(key)));
    const peer = await server.greet();
    const [, second] = await peer.lines(2);
    peer.say(`EN\r\nERROR\r\n`);
    expect(second).toContain('mg two');
    const reason = { code: 'SESS_SERVER', message: expect.stringContaining('does not know the command') as string };
    expect(await answer).toMatchObject([{ value: undefined }, { reason }]);
    expect(server.connections).toBe(1);
  });
});

/** Greets in classic, and answers `count` reads with a miss. */
async function serveClassic(peer: Peer, count = 1): Promise<void> {
  expect(await peer.lines(1)).toEqual(['version']);
  peer.say('VERSION 1.6.18\r\n');
  for (const line of await peer.lines(count)) expect(line).toMatch(/^gets /);
  peer.say('END\r\n'.repeat(count));
}
