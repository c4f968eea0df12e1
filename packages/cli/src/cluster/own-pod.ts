/**
 * Connects to the memcached in the command's own pod by the pod's address: DNS has the name of a pod only while the pod
 * is ready.
 */
import { isIP } from 'node:net';

import type { Transport, TransportNode } from '@sess/client';

/** From the environment: `POD_NAME` and `POD_IP`. */
export interface OwnPod {
  readonly name: string;
  readonly address: string;
}

export function ownPodIn(env: Readonly<Record<string, string | undefined>>): OwnPod | undefined {
  const { POD_NAME: name = '', POD_IP: address = '' } = env;
  return name === '' || isIP(address) === 0 ? undefined : { name, address };
}

/** The same transport, but the node of this pod is at the pod's address. */
export function reachingOwnPod(transport: Transport, pod: OwnPod | undefined): Transport {
  if (pod === undefined) return transport;
  const isOwn = ({ host, address }: TransportNode): boolean =>
    address === undefined && isIP(host) === 0 && host.split('.')[0] === pod.name;
  return {
    ...transport,
    open: (node, ...rest) => transport.open(isOwn(node) ? { ...node, address: pod.address } : node, ...rest),
  };
}
