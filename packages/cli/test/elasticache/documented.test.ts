/** Checks the commands and permissions in docs/operations/auto-scaling.md against the code. */
import { readdirSync, readFileSync } from 'node:fs';
import * as autoScaling from '@aws-sdk/client-application-auto-scaling';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as elastiCache from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';

import { run } from '../run.ts';
import { closeShops, settled, shop } from './shop.ts';

afterEach(closeShops);

const page = readFileSync(new URL('../../../../docs/operations/auto-scaling.md', import.meta.url), 'utf8');
const SOURCES = new URL('../../src/elasticache/', import.meta.url);

/** Blocks of the page, indented or not. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms'))].map(([, text = '']) => text);
}

const SERVICES = {
  elasticache: elastiCache,
  'application-autoscaling': autoScaling,
  cloudwatch: cloudWatch,
} as const;

/** `elasticache:DescribeEvents`, for each request that the code makes. */
function requestsOfCode(): readonly string[] {
  const code = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, SOURCES), 'utf8'))
    .join('\n');
  const commands = new Set([...code.matchAll(/new [\w.#]*sdk\.(\w+)Command\(/g)].map(([, name = '']) => name));
  return [...commands].map((name) => {
    const service = Object.entries(SERVICES).find(([, sdk]) => `${name}Command` in sdk)?.[0];
    return `${service}:${name}`;
  });
}

/** What discovery asks of the SDK's `ElastiCache`, which has a method for each request. */
function requestsForZones(): readonly string[] {
  const code = readFileSync(new URL('../../../discovery/src/elasticache/zones.ts', import.meta.url), 'utf8');
  return [...code.matchAll(/await from\.(\w)(\w+)\(/g)].map(
    ([, first = '', rest = '']) => `elasticache:${first.toUpperCase()}${rest}`,
  );
}

describe('docs/operations/auto-scaling.md', () => {
  it('allows what the code asks of AWS, and nothing else', () => {
    const policies = blocks('json').map((text) => JSON.parse(text) as { Statement?: readonly { Action: string[] }[] });
    const [ofApplication, ofGuard] = policies.map(({ Statement = [] }) => Statement.flatMap(({ Action }) => Action));
    const asked = requestsOfCode();
    expect(asked.length).toBeGreaterThanOrEqual(6);
    expect(ofGuard?.toSorted()).toEqual(asked.toSorted());
    expect(ofApplication).toEqual(requestsForZones());
  });

  it('names a policy that AWS takes, and the guard scales in by it', async () => {
    const site = await shop({ nodes: 3 });
    const commands = blocks('sh').join('\n').replaceAll('\\\n', ' ');
    const [, min, max] = /register-scalable-target .*--min-capacity (\d+) +--max-capacity (\d+)/.exec(commands) ?? [];
    const [, name, configuration] =
      /put-scaling-policy .*--policy-name (\w+) .*--target-tracking-scaling-policy-configuration '(.*?)'/s.exec(
        commands,
      ) ?? [];
    const client = new autoScaling.ApplicationAutoScalingClient({
      endpoint: site.aws.apiEndpoint,
      region: 'local',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    const resource = {
      ServiceNamespace: 'elasticache',
      ResourceId: 'cache-cluster/sess-local',
      ScalableDimension: 'elasticache:cache-cluster:Nodes',
    } as const;
    await client.send(
      new autoScaling.RegisterScalableTargetCommand({
        ...resource,
        MinCapacity: Number(min),
        MaxCapacity: Number(max),
      }),
    );
    await client.send(
      new autoScaling.PutScalingPolicyCommand({
        ...resource,
        PolicyName: name,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: JSON.parse(configuration ?? '') as never,
      }),
    );
    const { ScalingPolicies: [policy] = [] } = await client.send(
      new autoScaling.DescribeScalingPoliciesCommand({ ServiceNamespace: 'elasticache' }),
    );
    client.destroy();
    expect(policy?.TargetTrackingScalingPolicyConfiguration).toMatchObject({ DisableScaleIn: true });
  });

  it('has commands for a scale-in by hand that do what they say, one after another', { timeout: 180_000 }, async () => {
    const site = await shop({ nodes: 4 });
    const lines = blocks('sh').flatMap((text) => [...text.matchAll(/^ *sess elasticache ((?!guard)[^#\n]*)/gm)]);
    const commands = lines.map(([, words = '']) => words.trim());
    expect(commands).toContain('scale-in --nodes 3');
    for (const words of commands) {
      const isChange = /^(scale-in|replace)\b/.test(words);
      const outcome = await site.sess(isChange ? `${words} --interval 0.1` : words);
      expect(outcome, `${words}: ${outcome.stderr}`).toMatchObject({ code: 0 });
      await settled(site);
    }
    expect(site.nodeIds()).toEqual(['0001', '0003', '0005']);
    await site.expectNothingMissing();
  });

  it('names commands and options that there are', async () => {
    const named = blocks('sh').flatMap((text) =>
      [...text.matchAll(/^ *(sess [^#\n]*)/gm)].map(([, words = '']) => words.trim()),
    );
    expect(named.length).toBeGreaterThanOrEqual(6);
    for (const line of new Set([...named, ...inText()])) {
      const words = line.split(/\s+/).slice(1);
      // The help of a command is told where its name is right; an option that there is not is a slip before that.
      const outcome = await run([...words.filter((word) => word !== 'ID' && word !== 'NODE'), '--help']);
      expect(outcome, line).toMatchObject({ code: 0, stderr: '' });
      const help = outcome.stdout;
      const command = words.slice(0, words.findIndex((word) => /^-|^[A-Z]+$/.test(word)) >>> 0);
      expect(help, line).toContain(`Usage: sess ${command.join(' ')} `);
      for (const option of words.filter((word) => word.startsWith('--')))
        expect(help, `${line}: ${option}`).toContain(option);
    }
  });
});

/** `sess drain --self --deadline 285`, in a sentence or a table. */
function inText(): readonly string[] {
  return [...page.matchAll(/`(?:\w+: |ExecStop=)?(sess [a-z][^`]*)`/g)].map(([, words = '']) => words);
}
