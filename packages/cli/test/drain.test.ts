import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import type { Client } from '@sess/client';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { application, json, KEYS, run, type Outcome } from './run.ts';
import { sessProcess } from './sess-process.ts';

/** Slow enough that an agreement, and a drain, outlive a moment in which this process gets no CPU. */
const PACE = 'historyIntervalMs=500&clockSkewMs=0';

describe.each(inject('mainRuntimes'))('sess drain (%s)', (runtime) => {
  let cluster: LocalCluster;
  let client: Client;
  let env: Readonly<Record<string, string>>;
  let first: string;
  beforeEach(async () => {
    cluster = await startLocalCluster({ nodes: 3, runtime });
    const servers = `elasticache://${cluster.configurationEndpoint}?${PACE}&timeoutMs=5000`;
    client = await application(servers, KEYS);
    env = { SESS_SERVERS: servers };
    first = client.explain(KEYS[0] ?? '').owners[0] ?? '';
  });
  afterEach(async () => {
    await client.close();
    await cluster.close();
  });
  const sess = (...words: string[]): Promise<Outcome> => run(words, { env });

  async function expectNothingMissing(): Promise<void> {
    const found = await Promise.all(KEYS.map((key) => client.get(key)));
    expect(found.filter((record) => record === undefined)).toEqual([]);
  }

  it('takes a node out of rotation without losing a session; then it may be removed, or put back', async () => {
    const drained = await sess('drain', first, '--json');
    expect(drained.code).toBe(0);
    expect(json(drained)).toMatchObject({ node: first, state: 'drained' });
    expect(json(drained)['carried']).toBeGreaterThan(0);
    const status = json(await sess('status', '--json'));
    expect(status['nodes']).toContainEqual(expect.objectContaining({ id: first, drain: 'drained' }));
    await expect.poll(async () => (await sess('safe-to-remove', first)).code).toBe(0);
    await expectNothingMissing();

    expect(await sess('drain', first, '--put-back')).toMatchObject({
      code: 0,
      stdout: `${first} is back in rotation.\n`,
    });
    await expect.poll(() => client.topology.rotation).toContain(first);
    await expectNothingMissing();
    expect(await sess('drain', first, '--put-back')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('was not drained'),
    });
  });

  it('puts the node back after Ctrl-C, and says so', async () => {
    await using child = sessProcess(['drain', first, '--keys-per-second', '1'], env);
    await expect.poll(() => client.topology.drains.get(first)).toBe('draining');
    child.kill('SIGINT');
    const { code } = await child.ended;
    expect({ code, errors: child.errors }).toEqual({
      code: 130,
      errors: expect.stringContaining(`${first} is in rotation`),
    });
    await expect.poll(() => client.topology.rotation).toContain(first);
    await expectNothingMissing();
  });

  it('waits with --until-expired until the sessions have expired; Ctrl-C puts the node back', async () => {
    const stop = new AbortController();
    let said = '';
    const outcome = await run(['drain', first, '--until-expired'], {
      env,
      isTTY: true,
      columns: 160,
      signal: stop.signal,
      heard: (text) => {
        said += text;
        if (said.includes('has expired in')) stop.abort();
      },
    });
    expect(outcome).toMatchObject({ code: 130, stderr: expect.stringContaining(`${first} is in rotation`) });
    expect(said).toMatch(/not written to any more; all that is only there has expired in (?:9|10) min/);
    await expect.poll(() => client.topology.rotation).toContain(first);
    await expectNothingMissing();
  });

  it('refuses a node that there is not, and names the one that was meant', async () => {
    const wrong = await sess('drain', `${first}0`);
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`Did you mean "${first}"?`) });
  });

  it('shows how far it is, and leaves nothing of that on a terminal', async () => {
    let said = '';
    const outcome = await run(['drain', first, '--keys-per-second', '2000'], {
      env,
      isTTY: true,
      columns: 120,
      heard: (text) => (said += text),
    });
    expect(outcome.code).toBe(0);
    expect(said).toContain('waiting until every client acts without it');
    expect(outcome.stderr.endsWith('\r\u001B[2K')).toBe(true);
  });
});
