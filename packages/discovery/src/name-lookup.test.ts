import dns from 'node:dns';
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NameLookup, sharedLookup } from './name-lookup.ts';

const ADDRESSES = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

type Answer = (error: NodeJS.ErrnoException | null, addresses: typeof ADDRESSES) => void;

/** A resolver that answers when the test says so. */
function stubbed(): { name: string; answer: Answer }[] {
  const asked: { name: string; answer: Answer }[] = [];
  vi.spyOn(dns, 'lookup').mockImplementation(((name: string, _options: unknown, answer: Answer) => {
    asked.push({ name, answer });
  }) as unknown as typeof dns.lookup);
  return asked;
}

describe('NameLookup', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it('asks once for a name, however many wait for it and however long, and anew when that has ended', async () => {
    const asked = stubbed();
    const names = new NameLookup();
    const all = [names.find('a'), names.find('a'), names.find('a')];
    expect(asked).toHaveLength(1);
    asked[0]?.answer(null, ADDRESSES);
    expect(await Promise.all(all)).toEqual([ADDRESSES, ADDRESSES, ADDRESSES]);
    void names.find('a');
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['', 2],
    ['1', 1],
    ['4', 2],
    ['16', 8],
    ['no number', 2],
  ])('with UV_THREADPOOL_SIZE %j asks for no more than %d names at once, the others in their turn', async (size, most) => {
    vi.stubEnv('UV_THREADPOOL_SIZE', size);
    const asked = stubbed();
    const names = new NameLookup();
    const found = Array.from({ length: most + 2 }, (_, index) => names.find(`name-${index}`));
    expect(asked.map(({ name }) => name)).toEqual(Array.from({ length: most }, (_, index) => `name-${index}`));
    asked[0]?.answer(null, ADDRESSES);
    expect(asked.at(-1)?.name).toBe(`name-${most}`);
    asked[1]?.answer(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    for (let index = 2; index < asked.length; index += 1) asked[index]?.answer(null, ADDRESSES);
    const outcomes = await Promise.allSettled(found);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(most);
    expect(asked).toHaveLength(most + 2);
  });

  it('gives a socket the addresses that it asks for', async () => {
    const asked = stubbed();
    const answers: unknown[] = [];
    sharedLookup('many', { all: true }, (...answer) => answers.push(answer));
    sharedLookup('many', { family: 4 }, (...answer) => answers.push(answer));
    sharedLookup('many', {}, (...answer) => answers.push(answer));
    expect(asked).toHaveLength(1);
    asked[0]?.answer(null, ADDRESSES);
    await vi.waitUntil(() => answers.length === 3);
    expect(answers).toEqual([
      [null, ADDRESSES],
      [null, '127.0.0.1', 4],
      [null, '::1', 6],
    ]);
  });

  it('leads a socket to its server', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect({ host: 'localhost', port: (server.address() as AddressInfo).port, lookup: sharedLookup });
    await once(socket, 'connect');
    socket.destroy();
    server.close();
  });
});
