import dns from 'node:dns';
import fs from 'node:fs';
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

/** What the DNS servers, asked directly, answer for a name: its address, that they don't know it, or nothing. */
function dnsServers(answers: Readonly<Record<string, string | undefined | Promise<never>>>): void {
  vi.spyOn(dns.promises, 'resolve4').mockImplementation(((name: string) => {
    if (!(name in answers)) return new Promise(() => {});
    const address = answers[name];
    if (address instanceof Promise) return address;
    return address === undefined ? Promise.reject(new Error('no such name')) : Promise.resolve([address]);
  }) as unknown as typeof dns.promises.resolve4);
  vi.spyOn(dns.promises, 'resolve6').mockRejectedValue(new Error('no such record'));
}

function hostsFile(content: string): void {
  vi.spyOn(fs, 'readFileSync').mockReturnValue(content);
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
      const all = Array.from({ length: most + 2 }, (_, index) => `name-${index}`);
      // All were answered promptly before.
      for (const name of all) {
        const before = names.find(name);
        asked.pop()?.answer(null, ADDRESSES);
        await before;
      }
      const found = all.map((name) => names.find(name));
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
    vi.stubEnv('UV_THREADPOOL_SIZE', '6');
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

  it('asks the system for a name that waits and that the DNS servers do not know', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.stubEnv('UV_THREADPOOL_SIZE', '6');
    const asked = stubbed();
    vi.spyOn(dns.promises, 'resolve4').mockRejectedValue(new Error('no such name'));
    vi.spyOn(dns.promises, 'resolve6').mockRejectedValue(new Error('no such name'));
    const names = new NameLookup();
    void names.find('slow');
    void names.find('slow too');
    const found = names.find('of-a-search-domain');
    await vi.advanceTimersByTimeAsync(250);
    asked[0]?.answer(null, ADDRESSES);
    expect(asked).toHaveLength(3);
    asked[2]?.answer(null, ADDRESSES);
    expect(await found).toEqual(ADDRESSES);
  });

  it.each([
    ['1', 1],
    ['4', 1],
    ['16', 7],
  ])(
    'with UV_THREADPOOL_SIZE %s asks for no more than %d names of which nothing is known, and always for one that was prompt',
    async (size, most) => {
      vi.stubEnv('UV_THREADPOOL_SIZE', size);
      const asked = stubbed();
      const names = new NameLookup();
      const before = names.find('prompt');
      asked.pop()?.answer(null, ADDRESSES);
      await before;
      for (let index = 0; index <= most; index += 1) void names.find(`new-${index}`);
      expect(asked).toHaveLength(most);
      void names.find('prompt');
      expect(asked.at(-1)?.name).toBe(size === '1' ? 'new-0' : 'prompt');
    },
  );

  it('finds a name of the hosts file while every thread hangs, and does not ask DNS servers for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.stubEnv('UV_THREADPOOL_SIZE', '1');
    stubbed();
    dnsServers({ listed: '203.0.113.1' });
    hostsFile('10.0.0.1 listed');
    const names = new NameLookup();
    void names.find('hangs');
    const found = names.find('listed');
    await vi.advanceTimersByTimeAsync(250);
    expect(await found).toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(dns.promises.resolve4).not.toHaveBeenCalled();
  });

  it('never lets an address or localhost wait', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '1');
    const asked = stubbed();
    const names = new NameLookup();
    expect(await names.find('192.0.2.7')).toEqual([{ address: '192.0.2.7', family: 4 }]);
    expect(await names.find('2001:db8::7')).toEqual([{ address: '2001:db8::7', family: 6 }]);
    void names.find('hangs');
    expect(await names.find('LocalHost')).toEqual([
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]);
    expect(asked).toHaveLength(1);
  });

  it('asks the system at once for a name that DNS servers say promptly they do not have', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked = stubbed();
    dnsServers({ 'of-a-search-domain': undefined });
    hostsFile('');
    const names = new NameLookup();
    for (const name of ['hangs', 'hangs too', 'hangs as well', 'of-a-search-domain']) void names.find(name);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(asked.map(({ name }) => name)).toEqual(['hangs', 'of-a-search-domain']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('does not ask it at once for a name that DNS servers take long to refuse, or that hung before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked = stubbed();
    const late = new Promise<never>((_, reject) => setTimeout(reject, 5_000, new Error('no answer')));
    dnsServers({ late, hung: undefined });
    hostsFile('');
    const names = new NameLookup();
    const first = names.find('hung');
    await vi.advanceTimersByTimeAsync(250);
    asked[0]?.answer(null, ADDRESSES);
    await first;
    for (const name of ['hangs', 'late', 'hung']) void names.find(name);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.map(({ name }) => name)).toEqual(['hung', 'hangs']);
  });

  it('lets names that hung before wait for all others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.stubEnv('UV_THREADPOOL_SIZE', '1');
    const asked = stubbed();
    dnsServers({});
    hostsFile('');
    const names = new NameLookup();
    const first = names.find('hung');
    // DNS servers do not answer for it either.
    void names.find('silent');
    await vi.advanceTimersByTimeAsync(500);
    asked[0]?.answer(null, ADDRESSES);
    await first;
    expect(asked.map(({ name }) => name)).toEqual(['hung', 'silent']);
    void names.find('hung');
    void names.find('new');
    asked[1]?.answer(null, ADDRESSES);
    expect(asked.at(-1)?.name).toBe('new');
    asked[2]?.answer(null, ADDRESSES);
    expect(asked.at(-1)?.name).toBe('hung');
    await vi.advanceTimersByTimeAsync(0);
    // It is prompt this time, and counts as prompt from now on.
    asked[3]?.answer(null, ADDRESSES);
    await vi.advanceTimersByTimeAsync(0);
    for (const name of ['another', 'new again', 'hung']) void names.find(name);
    asked[4]?.answer(null, ADDRESSES);
    expect(asked.map(({ name }) => name).slice(4)).toEqual(['another', 'hung']);
  });

  it('remembers no more than a thousand names', async () => {
    const asked = stubbed();
    const names = new NameLookup();
    for (let index = 0; index <= 1_000; index += 1) {
      const found = names.find(`name-${index}`);
      asked.pop()?.answer(null, ADDRESSES);
      await found;
    }
    for (const name of ['hangs', 'name-0', 'name-1']) void names.find(name);
    expect(asked.map(({ name }) => name)).toEqual(['hangs', 'name-1']);
  });

  it('outlives a `dns.lookup` that somebody replaced: it answers at once, twice, with nothing, or throws', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '1');
    const names = new NameLookup();
    const replaced = vi.spyOn(dns, 'lookup');
    const calls: Answer[] = [];
    for (const behave of [
      (answer: Answer) => answer(null, ADDRESSES),
      (answer: Answer) => [answer, answer].forEach((again) => again(null, ADDRESSES)),
    ]) {
      replaced.mockImplementation(((_name: string, _options: unknown, answer: Answer) =>
        behave(answer)) as unknown as typeof dns.lookup);
      expect(await names.find('a')).toEqual(ADDRESSES);
    }
    replaced.mockImplementation(((_name: string, _options: unknown, answer: (error: null) => void) =>
      answer(null)) as unknown as typeof dns.lookup);
    await expect(names.find('a')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    replaced.mockImplementation(() => {
      throw new Error('not today');
    });
    await expect(names.find('a')).rejects.toThrow('not today');
    // All threads are free, and only they are used.
    replaced.mockImplementation(((_name: string, _options: unknown, answer: Answer) =>
      calls.push(answer)) as unknown as typeof dns.lookup);
    void names.find('a');
    void names.find('b');
    expect(calls).toHaveLength(1);
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
