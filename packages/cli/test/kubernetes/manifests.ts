/** The manifests of docs/operations/kubernetes. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const FOLDER = new URL('../../../../docs/operations/kubernetes/', import.meta.url);

interface PodContainer {
  readonly args: readonly string[];
  readonly lifecycle: Readonly<
    Record<'postStart' | 'preStop', { readonly exec: { readonly command: readonly string[] } }>
  >;
  readonly resources: { readonly limits: { readonly memory: string } };
}

interface Documents {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
        readonly containers: readonly PodContainer[];
      };
    };
  };
}

export function memcachedPod(): {
  readonly container: PodContainer;
  readonly user: string;
  readonly graceSeconds: number;
} {
  const text = readFileSync(new URL('memcached.yaml', FOLDER), 'utf8');
  const documents = parseAllDocuments(text).map((document) => document.toJSON() as Documents);
  const pod = documents.find(({ kind }) => kind === 'StatefulSet')?.spec.template.spec;
  const [container] = pod?.containers ?? [];
  if (pod === undefined || container === undefined) throw new Error('memcached.yaml has no StatefulSet');
  const { runAsUser, runAsGroup } = pod.securityContext;
  return { container, user: `${runAsUser}:${runAsGroup}`, graceSeconds: pod.terminationGracePeriodSeconds };
}
