/** A cluster with zones that only the application knows, as with an ElastiCache endpoint and `zoneOf`. */
import { createClient, deriveHistorySecret, type Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { json, KEYS, run, SECRET, type Outcome } from './run.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');

function held(plan: Record<string, unknown>): readonly unknown[] {
  return (plan['zones'] as { zones: { zone?: string; nodes: number }[] }).zones.map(({ zone, nodes }) => [zone, nodes]);
}

describe('zones', () => {
  let cluster: LocalCluster;
  let client: Client;
  let ids: readonly string[];
  let env: Readonly<Record<string, string>>;
  /** Two nodes in one zone, one in another zone, and one whose zone is unknown. */
  const zones = ['use1-az1', 'use1-az1', 'use1-az2', undefined];
  const zoneOf = ({ id }: { readonly id: string }): string | undefined => zones[ids.indexOf(id)];
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 4, runtime });
    ids = cluster.nodes.map(({ id }) => id);
    const servers = `elasticache://${cluster.configurationEndpoint}?historyIntervalMs=100&clockSkewMs=0`;
    env = { SESS_SERVERS: servers };
    client = createClient({ servers, copies: 2, zoneOf, historySecret: deriveHistorySecret(SECRET) });
    await client.ready();
    for (const key of KEYS) await client.set(key, 'data', { ttlSeconds: 600 });
  });
  afterAll(async () => {
    await client.close();
    await cluster.close();
  });
  const sess = (words: string): Promise<Outcome> => run(words.split(' '), { env });

  it('are found out, so that every command acts as the application does', async () => {
    const status = json(await sess('status --json'));
    expect(status).toMatchObject({ copies: 2, settingsDiffer: false, ring: client.topology.ring?.fingerprint });
    expect((status['nodes'] as { id: string; zone?: string }[]).map(({ id, zone }) => [id, zone])).toEqual(
      ids.map((id, index) => [id, zones[index]]),
    );
    const { stdout } = await sess('status');
    for (const [index, id] of ids.entries())
      expect(stdout).toMatch(new RegExp(`^${id} +up +${zones[index] ?? '–'} +\\d`, 'm'));
    for (const key of KEYS.slice(0, 10)) {
      const { owners } = client.explain(key);
      const explained = json(await sess(`explain ${key} --json`));
      expect(explained).toMatchObject({ owners });
      const standings = explained['standings'] as { node: string; zone?: string; holds: { kind: string } }[];
      expect(standings.map(({ node, zone, holds }) => [node, zone, holds.kind])).toEqual(
        owners.map((id) => [id, zoneOf({ id }), 'record']),
      );
    }
    expect((await sess(`explain ${KEYS[0]}`)).stdout).toMatch(/^node +zone +is +holds/m);
  });

  it('doctor names the node without one, and takes the settings for those of the application', async () => {
    const findings = json(await sess('doctor --json'))['findings'] as { check: string; subject: string }[];
    const subjects = findings.filter(({ check }) => check === 'zones').map(({ subject }) => subject);
    expect(subjects[0]).toBe(ids[3]);
    expect(findings.filter(({ check }) => check === 'settings' || check === 'fingerprints')).toEqual([]);
  });

  it('plan puts a new node where there are fewest, or where it is told, and says what each holds then', async () => {
    const added = json(await sess('plan --add 1 --json'));
    expect(held(added)).toEqual([
      ['use1-az1', 2],
      ['use1-az2', 2],
      [undefined, 1],
    ]);
    const told = json(await sess('plan --add 10.0.0.9:11211@use1-az3 --json'));
    expect(held(told)).toContainEqual(['use1-az3', 1]);
    const { stdout } = await sess(`plan --remove ${ids[2]} ${ids[3]}`);
    expect(stdout).toContain('zones hold afterwards: use1-az1 100.0 % (2 nodes)');
    expect(stdout).toContain('can take all 2 copies');
    expect(await sess('plan --add 10.0.0.9@x')).toMatchObject({ code: 2, stderr: expect.stringContaining('@ZONE') });
  });
});
