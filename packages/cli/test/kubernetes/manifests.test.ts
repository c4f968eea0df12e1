/** Checks the manifests and units of the documents against the schemas of Kubernetes, and against each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';

const DOCS = new URL('../../../../docs/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, DOCS), 'utf8');
const require = createRequire(import.meta.url);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly where: string;
  readonly manifest: Manifest;
}

function inText(where: string, text: string): readonly Found[] {
  return parseAllDocuments(text).map((document) => ({ where, manifest: document.toJSON() as Manifest }));
}

const FILES = readdirSync(new URL('operations/kubernetes/', DOCS)).filter((name) => name.endsWith('.yaml'));
const MANIFESTS: readonly Found[] = [
  ...FILES.flatMap((name) => inText(name, read(`operations/kubernetes/${name}`))),
  ...['production.md', 'deployment.md'].flatMap((page) =>
    [...read(page).matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = '']) => inText(page, text)),
  ),
];

/** Compiled from Kubernetes' own OpenAPI documents. */
function modelOf({ apiVersion, kind }: Manifest): new (manifest: unknown) => { validate(): void } {
  const models = require(`kubernetes-models/${apiVersion}/${kind}`) as Record<string, ReturnType<typeof modelOf>>;
  const model = models[kind];
  if (model === undefined) throw new Error(`Kubernetes has no ${apiVersion} ${kind}.`);
  return model;
}

function spec(kind: string, file: string): Record<string, never> {
  const found = MANIFESTS.find(({ where, manifest }) => where === file && manifest.kind === kind);
  if (found === undefined) throw new Error(`${file} has no ${kind}.`);
  return found.manifest.spec as Record<string, never>;
}

describe('the manifests', () => {
  it('are of the documents', () => {
    expect(MANIFESTS.length).toBeGreaterThanOrEqual(8);
  });

  it('read one secret: with another one, a hook would not see the application servers', () => {
    const references = JSON.stringify(MANIFESTS).match(/"secretKeyRef":\{[^}]*\}/g) ?? [];
    expect(references.length).toBeGreaterThanOrEqual(3);
    expect([...new Set(references)]).toEqual(['"secretKeyRef":{"name":"sess","key":"secret"}']);
    expect(read('deployment.md')).toContain('kubectl create secret generic sess --from-literal=secret=');
  });

  it.each(MANIFESTS.map(({ where, manifest }) => [manifest.kind, where, manifest] as const))(
    '%s of %s is what Kubernetes takes',
    (_kind, _where, manifest) => {
      const Model = modelOf(manifest);
      expect(() => new Model(manifest).validate()).not.toThrow();
    },
  );

  it('are refused where they are wrong', () => {
    const [{ manifest }] = MANIFESTS.filter(({ manifest: { kind } }) => kind === 'StatefulSet') as [Found];
    const Model = modelOf(manifest);
    expect(() => new Model({ ...manifest, spec: { ...manifest.spec, replicas: 'three' } }).validate()).toThrow(
      'integer',
    );
  });
});

describe('a pod that terminates', () => {
  const set = spec('StatefulSet', 'memcached.yaml') as unknown as {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
          readonly resources: { readonly limits: { readonly memory: string } };
        }[];
      };
    };
    readonly serviceName: string;
  };
  const { terminationGracePeriodSeconds: grace, containers } = set.template.spec;
  const [container] = containers;

  it('drains itself, and says how it ended before it is killed', () => {
    const words = container?.lifecycle.preStop.exec.command ?? [];
    const [, seconds] = /^sess drain --self --deadline (\d+) > \/proc\/1\/fd\/1 2>&1$/.exec(words[2] ?? '') ?? [];
    expect(words.slice(0, 2)).toEqual(['sh', '-c']);
    const deadline = Number(seconds);
    expect(deadline).toBeGreaterThan(60);
    expect(grace - deadline).toBeGreaterThanOrEqual(10);
  });

  it('stays in the DNS until it is drained', () => {
    expect(spec('Service', 'memcached.yaml')).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  });

  it('has gone before the autoscaler takes the next one', () => {
    const { behavior } = spec('HorizontalPodAutoscaler', 'autoscaler.yaml') as unknown as {
      behavior: { scaleDown: { policies: { type: string; value: number; periodSeconds: number }[] } };
    };
    expect(behavior.scaleDown.policies).toHaveLength(1);
    const [policy] = behavior.scaleDown.policies;
    expect(policy).toMatchObject({ type: 'Pods', value: 1 });
    expect(policy?.periodSeconds).toBeGreaterThan(grace);
  });

  it('has memory for the command beside memcached', () => {
    const args = container?.args ?? [];
    const item = Number(args[args.indexOf('-m') + 1]);
    const limit = Number(/^(\d+)Mi$/.exec(container?.resources.limits.memory ?? '')?.[1]);
    expect(limit - item).toBeGreaterThanOrEqual(200);
  });
});

it('systemd gives the node longer than it takes to drain itself', () => {
  const unit = read('operations/systemd/memcached-sess.conf');
  const deadline = Number(/^ExecStop=.*--deadline (\d+)$/m.exec(unit)?.[1]);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) - deadline).toBeGreaterThanOrEqual(10);
});

it('systemd lets Node.js run in the sandbox of memcached.service', () => {
  const settings = read('operations/systemd/memcached-sess.conf').split('\n');
  expect(settings).toContain('MemoryDenyWriteExecute=no');
  const families = settings.find((line) => line.startsWith('RestrictAddressFamilies='))?.split(/[= ]/);
  // A drop-in adds to the list of the unit, or is the only one.
  expect(families).toEqual(expect.arrayContaining(['AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK']));
});
