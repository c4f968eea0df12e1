import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import type { Client } from '@sess/client';
import { cookieSigner, newSessionId, storageKey } from '@sess/session';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { application, json, KEYS, PACE, run, SECRET, type Outcome, type RunOptions } from './run.ts';

describe.each(inject('mainRuntimes'))('commands on a cluster in use (%s)', (runtime) => {
  let cluster: LocalCluster;
  let client: Client;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 3, runtime });
    const servers = `elasticache://${cluster.configurationEndpoint}?${PACE}`;
    client = await application(servers, KEYS);
    env = { SESS_SERVERS: servers };
  });
  afterAll(async () => {
    await client.close();
    await cluster.close();
  });
  const sess = (words: string, options: RunOptions = {}): Promise<Outcome> =>
    run(words.split(' '), { ...options, env: { ...env, ...options.env } });
  const ids = (): string[] => cluster.nodes.map(({ id }) => id);

  it('status shows every node, its share and its figures', async () => {
    const { code, stdout, stderr } = await sess('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('3 nodes, version 1 of the list, 1 copy of each session');
    for (const id of ids()) expect(stdout).toMatch(new RegExp(`^${id} +up +\\d+\\.\\d % `, 'm'));
    expect(stdout).toContain('No handover is open.');

    const answer = json(await sess('status --json'));
    const nodes = answer['nodes'] as { id: string; share: number; figures: { items: number; limitBytes: number } }[];
    expect(nodes.map(({ id }) => id).toSorted()).toEqual(ids().toSorted());
    expect(nodes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    // The client stores its own records on every node.
    expect(nodes.reduce((sum, { figures }) => sum + figures.items, 0)).toBeGreaterThanOrEqual(KEYS.length);
    expect(nodes.every(({ figures }) => figures.limitBytes > 0)).toBe(true);
  });

  it('status fits a narrow terminal, and has colours in one that shows them', async () => {
    const narrow = await sess('status', { columns: 40 });
    expect(
      Math.max(
        ...narrow.stdout
          .split('\n')
          .slice(2)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(40);
    expect(narrow.stdout).toMatch(/^ {2}memory +\d/m);
    // A terminal of the usual width shows a table.
    expect((await sess('status', { columns: 80 })).stdout).toMatch(/^node +state +share/m);
    expect((await sess('status', { isTTY: true })).stdout).toContain('\u001B[32mup');
    expect((await sess('status', { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001B');
  });

  it('leaves no trace: nobody hears of a command that looks', async () => {
    await sess('status');
    await sess('doctor');
    await sess('plan --add 1');
    expect(client.handovers).toEqual([]);
  });

  it('explain says where a session is and how long it lives, and nothing of what is in it', async () => {
    const [key = ''] = KEYS;
    const { code, stdout } = await sess(`explain ${key}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^${client.explain(key).owners[0]} +owner +a session, 26 B +\\d+ s ago +(9|10) min`, 'm'),
    );
    expect(stdout).not.toContain('secret data');
    expect(json(await sess(`explain ${key} --json`))).toMatchObject({
      key,
      owners: client.explain(key).owners,
      elders: [],
      mode: 'settled',
      standings: [{ role: 'owner', holds: { kind: 'record', bytes: 26 } }],
    });
    await client.delete('s/gone', { ttlSeconds: 60 });
    expect((await sess('explain s/gone')).stdout).toContain('It is nowhere: it was destroyed');
    expect((await sess('explain s/never')).stdout).toContain('It is nowhere');
  });

  it('explain takes a cookie, on the command line or on standard input, and never says its id', async () => {
    const id = newSessionId();
    const value = cookieSigner([SECRET]).sign('__Host-sess', id);
    const other = cookieSigner(['another secret of this host, of an earlier time']).sign('sess', newSessionId());
    await client.set(storageKey('s/', id), 'data', { ttlSeconds: 60 });
    const asked = [
      await sess(`explain ${value}`),
      await sess(`explain __Host-sess=${value}`),
      await sess('explain -', { input: `Cookie: __Host-sess=${value}\n` }),
      await sess('explain -', { input: `Cookie: theme=dark; sess=${other}; __Host-sess=${value}; _ga=GA1.1.1.2` }),
    ];
    for (const { code, stdout } of asked) {
      expect(code).toBe(0);
      expect(stdout).toContain('The cookie is well signed.');
      expect(stdout).toContain('a session, 4 B');
      expect(stdout).not.toContain(id);
    }
    expect((await sess(`explain sess=${value}`)).stdout).toContain('NOT signed');
    const unchecked = await sess(`explain ${value} --json`, { env: { SESS_SECRET: '' } });
    expect(json(unchecked)).toMatchObject({ signature: 'unchecked', standings: [{ holds: { kind: 'record' } }] });
    const wrong = await sess('explain -', { input: `${value}; other=1 2` });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).not.toContain(id);
  });

  it('plan counts in the nodes’ own listings what would move', async () => {
    const [first = ''] = ids();
    const added = json(await sess('plan --add 1 --json'));
    const sessions = added['keys'] as number;
    expect(sessions).toBeGreaterThanOrEqual(KEYS.length);
    expect(added).toMatchObject({ copies: 1, isExact: true, memory: { fits: true }, notListed: [] });
    expect(added['movedKeys']).toBeGreaterThan(0);
    expect(added['movedKeys']).toBeLessThan(sessions);

    const owned = KEYS.filter((key) => client.explain(key).owners[0] === first);
    const removed = json(await sess(`plan --remove ${first} --json`));
    const perNode = removed['perNode'] as { node: string; keys: number; movedKeys: number }[];
    const ofFirst = perNode.find(({ node }) => node === first);
    expect(ofFirst?.movedKeys).toBe(ofFirst?.keys);
    expect(ofFirst?.keys).toBeGreaterThanOrEqual(owned.length);
    expect(perNode.filter(({ node }) => node !== first).every(({ movedKeys }) => movedKeys === 0)).toBe(true);
    expect((await sess(`plan --remove ${first}`)).stdout).toContain(`sess drain ${first}`);
  });

  it('plan says what it was not told', async () => {
    expect(await sess('plan')).toMatchObject({ code: 2, stderr: expect.stringContaining('--add NUMBER') });
    expect(await sess('plan --add 0')).toMatchObject({ code: 2 });
    expect(await sess(`plan --add ${ids()[0]}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('already') });
    expect(await sess(`plan --remove ${ids().join(' ')}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No node would be left'),
    });
  });

  it('safe-to-remove answers by its exit code, with the reason', async () => {
    const [first = ''] = ids();
    const answer = await sess(`safe-to-remove ${first}`);
    expect(answer).toMatchObject({ code: 1, stderr: '', stdout: expect.stringContaining('sessions-only-there') });
    expect(json(await sess(`safe-to-remove ${first} --json`))).toMatchObject({
      node: first,
      safe: false,
      reason: 'sessions-only-there',
    });
  });

  it('doctor finds nothing wrong with a cluster in order', async () => {
    expect(await sess('doctor')).toEqual({ code: 0, stdout: '3 nodes looked at: nothing is wrong.\n', stderr: '' });
    expect(json(await sess('doctor --json'))).toEqual({ nodes: 3, findings: [] });
  });

  it('doctor misses the secret, and tells of clients that place sessions otherwise', async () => {
    expect((await sess('doctor', { env: { SESS_SECRET: '' } })).stdout).toContain('no secret is set');
    const others = (): Promise<Outcome> =>
      sess('doctor --json', { env: { SESS_SERVERS: `${env['SESS_SERVERS']}&copies=2` } });
    await expect
      .poll(async () => json(await others())['findings'])
      .toContainEqual(expect.objectContaining({ check: 'settings', level: 'error' }));
  });

  it('watch draws until it is ended by a key, a number of times or Ctrl-C', async () => {
    const twice = await sess('watch --times 2 --interval 0.1 --json');
    expect(twice.code).toBe(0);
    const lines = twice.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { rates?: object });
    expect(lines.map(({ rates }) => rates === undefined)).toEqual([true, false]);

    let press: ((key: string) => void) | undefined;
    let left = 0;
    const ended = await sess('watch --interval 0.1', {
      isTTY: true,
      onKey: (listener) => {
        press = listener;
        return () => (left += 1);
      },
      heard: (text) => {
        if (text.includes('(q ends)')) press?.('q');
      },
    });
    expect(ended.code).toBe(0);
    // The command has restored the caller's screen and keys.
    expect(ended.stdout.startsWith('\u001B[?1049h')).toBe(true);
    expect(ended.stdout.endsWith('\u001B[?1049l')).toBe(true);
    expect(left).toBe(1);

    const stop = new AbortController();
    const watching = sess('watch --interval 60', { signal: stop.signal, heard: () => stop.abort() });
    expect((await watching).code).toBe(0);
  });
});
