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
    vi.useRealTimers();
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
  ])(
    'with UV_THREADPOOL_SIZE %j asks for no more than %d names at once, the others in their turn',
    async (size, most) => {
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
    },
  );

  it('finds a name that waits behind names that hang, without another thread', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked = stubbed();
    vi.spyOn(dns.promises, 'resolve4').mockResolvedValue(['192.0.2.1'] as never);
    vi.spyOn(dns.promises, 'resolve6').mockRejectedValue(new Error('no such record'));
    const names = new NameLookup();
    void names.find('hangs');
    void names.find('hangs too');
    const found = names.find('healthy');
    await vi.advanceTimersByTimeAsync(250);
    expect([await found, asked.length]).toEqual([[{ address: '192.0.2.1', family: 4 }], 2]);
    // It is out of the queue: the next turn is another name's.
    void names.find('next');
    asked[0]?.answer(null, ADDRESSES);
    expect(asked.map(({ name }) => name)).toEqual(['hangs', 'hangs too', 'next']);
  });

  it('waits for its turn where the DNS servers do not know the name', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked = stubbed();
    vi.spyOn(dns.promises, 'resolve4').mockRejectedValue(new Error('no such name'));
    vi.spyOn(dns.promises, 'resolve6').mockRejectedValue(new Error('no such name'));
    const names = new NameLookup();
    void names.find('slow');
    void names.find('slow too');
    const found = names.find('of-etc-hosts');
    await vi.advanceTimersByTimeAsync(250);
    asked[0]?.answer(null, ADDRESSES);
    expect(asked).toHaveLength(3);
    asked[2]?.answer(null, ADDRESSES);
    expect(await found).toEqual(ADDRESSES);
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
