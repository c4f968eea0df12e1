/** Proxies that answer `mn`, and then know only some of the meta commands, or swallow those that they do not know. */
import { describe, expect, it } from 'vitest';
import { outcomes, type Peer, ScriptedServer } from './text-scripted-server.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 0 };
const VALUE = Buffer.from('v');

/** Answers a read, which makes `mg` known. */
async function answerRead(server: ScriptedServer, peer: Peer): Promise<void> {
  const answer = server.transport.get('known');
  const [line = ''] = await peer.lines(1);
  peer.say(`EN ${line.slice(line.lastIndexOf('O'))}\r\n`);
  expect(await answer).toBeUndefined();
}

async function storeInClassic(server: ScriptedServer, peer: Peer): Promise<void> {
  const stored = server.transport.store('set', 'key', VALUE, ATTRIBUTES);
  expect(await peer.lines(2)).toEqual(['set key 0 60 1', 'v']);
  peer.say('STORED\r\n');
  expect(await stored).toBe('stored');
}

async function greetInClassic(server: ScriptedServer): Promise<Peer> {
  const peer = await server.accept();
  expect(await peer.lines(1)).toEqual(['version']);
  peer.say('VERSION 1.6.18\r\n');
  return peer;
}

describe('a proxy that swallows the meta commands', () => {
  it('is spoken to in classic when it answers a probe behind them; reads are sent again', async () => {
    const server = await ScriptedServer.start();
    const answer = server.transport.get('key');
    const peer = await server.greet();
    await peer.lines(1);
    const probe = outcomes([server.transport.probe()]);
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    expect(await probe).toEqual(['SESS_PROTOCOL']);
    const second = await greetInClassic(server);
    expect(await second.lines(1)).toEqual(['gets key']);
    second.say('END\r\n');
    expect([await answer, server.losses]).toEqual([undefined, []]);
  });

  it('is told so by a client that wants meta and nothing else', async () => {
    const server = await ScriptedServer.start({}, 'meta');
    const answer = server.transport.get('key').catch((error: unknown) => error);
    const peer = await server.greet();
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    const message = expect.stringMatching(/left `mg` without an answer.*dialect: 'classic'/) as string;
    expect(await answer).toMatchObject({ code: 'SESS_PROTOCOL', message });
  });

  it('is not a node that has answered them: its replies are out of step', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    await answerRead(server, peer);
    const answer = outcomes([server.transport.get('key')]);
    await peer.lines(1);
    peer.say('VERSION 1.6.18\r\n');
    expect([await answer, server.connections]).toEqual([['SESS_PROTOCOL'], 1]);
  });
});

describe('a proxy that knows `mg`, but not `ms`', () => {
  it.each(['ERROR', 'CLIENT_ERROR unsupported command'])('and says "%s", is spoken to in classic', async (refusal) => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    await answerRead(server, peer);
    const refused = server.transport.store('set', 'key', VALUE, ATTRIBUTES).catch((error: unknown) => error);
    await peer.lines(2);
    peer.say(`${refusal}\r\n`);
    const message = expect.stringMatching(/it answered `ms` with.*dialect: 'classic'/) as string;
    expect(await refused).toMatchObject({ code: 'SESS_SERVER', message });
    await storeInClassic(server, await greetInClassic(server));
    expect(server.losses).toEqual([]);
  });

  it('and swallows it, is spoken to in classic when it answers what follows', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    await answerRead(server, peer);
    const pending = outcomes([server.transport.store('set', 'key', VALUE, ATTRIBUTES), server.transport.get('key')]);
    const lines = await peer.lines(3);
    peer.say(`EN ${lines[2]?.slice(lines[2].lastIndexOf('O'))}\r\n`);
    const second = await greetInClassic(server);
    expect(await second.lines(1)).toEqual(['gets key']);
    second.say('END\r\n');
    // Perhaps it was stored.
    expect([await pending, server.losses]).toEqual([['SESS_PROTOCOL', undefined], []]);
    await storeInClassic(server, second);
  });

  it('and hangs up on it twice, is spoken to in classic', async () => {
    const server = await ScriptedServer.start();
    for (const connection of [1, 2]) {
      const peer = connection === 1 ? await server.serve() : await server.greet();
      await answerRead(server, peer);
      const lost = outcomes([server.transport.store('set', 'key', VALUE, ATTRIBUTES)]);
      await peer.lines(2);
      peer.socket.destroy();
      expect(await lost).toEqual(['SESS_CONNECTION']);
    }
    await storeInClassic(server, await greetInClassic(server));
    expect(server.losses.length).toBe(1);
  });
});
