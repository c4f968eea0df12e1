import type { Transport, TransportNode } from '@sess/client';
import { expect, it } from 'vitest';

import { ownPodIn, reachingOwnPod } from './own-pod.ts';

function addressOf(
  node: Omit<TransportNode, 'id' | 'port'>,
  env: Readonly<Record<string, string>>,
): string | undefined {
  const opened: TransportNode[] = [];
  const inner: Transport = {
    name: 'inner',
    open: (target) => {
      opened.push(target);
      return {} as never;
    },
  };
  const transport = reachingOwnPod(inner, ownPodIn(env));
  transport.open({ id: `${node.host}:11211`, port: 11_211, ...node }, {} as never, {} as never);
  return opened[0]?.address;
}

const POD = { POD_NAME: 'memcached-1', POD_IP: '10.0.0.7' };

it.each([
  ['the node of this pod', { host: 'memcached-1.memcached.default.svc.cluster.local' }, POD, '10.0.0.7'],
  ['another pod', { host: 'memcached-10.memcached.default.svc.cluster.local' }, POD, undefined],
  ['a node whose address is known', { host: 'memcached-1.memcached', address: '10.0.0.8' }, POD, '10.0.0.8'],
  ['an address', { host: '10.0.0.9' }, { ...POD, POD_NAME: '10' }, undefined],
  ['a node outside of a pod', { host: 'memcached-1.memcached' }, { POD_NAME: 'memcached-1' }, undefined],
  ['a pod without an address', { host: 'memcached-1.memcached' }, { ...POD, POD_IP: 'none' }, undefined],
])('%s is connected to where it is', (_, node, env, address) => {
  expect(addressOf(node, env)).toBe(address);
});
