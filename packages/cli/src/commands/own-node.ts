import { hostname, networkInterfaces } from 'node:os';

import type { Client } from '@sess/client';

import { UsageError } from '../usage-error.ts';

/**
 * The node on this machine or in this pod: by `--node`, by an address of the machine, or by POD_IP.
 *
 * @throws {UsageError} if several nodes match, or if `--node` matches none
 */
export function selfAmong(
  { topology }: Pick<Client, 'topology'>,
  ids: readonly string[],
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  machine: () => Machine = thisMachine,
): string | undefined {
  const all = [...new Set([...topology.nodes.map(({ id }) => id), ...ids])];
  const own = given === undefined ? ownNames(env, machine()) : [given];
  const names = new Set(own.flatMap((name) => (name === undefined || name === '' ? [] : [name])));
  const found = all.filter((id) => {
    const host = id.slice(0, id.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
    const address = topology.nodes.find((node) => node.id === id)?.address;
    const label = /^[\d.]+$|:/.test(host) ? host : (host.split('.')[0] ?? host);
    return [id, host, label, address].some((name) => name !== undefined && names.has(name));
  });
  if (found.length > 1)
    throw new UsageError(`Several nodes are on this machine: ${found.join(', ')}. Say which with --node HOST:PORT.`);
  if (found.length === 0 && given !== undefined)
    throw new UsageError(`--node: there is no node "${given}". The nodes are ${all.join(', ')}.`);
  return found[0];
}

export interface Machine {
  readonly name: string;
  readonly addresses: readonly string[];
}

function ownNames(
  env: Readonly<Record<string, string | undefined>>,
  { name, addresses }: Machine,
): readonly (string | undefined)[] {
  return [env['POD_IP'], env['POD_NAME'], name, ...addresses];
}

/** @throws {UsageError} if a sandbox hides the addresses: an unknown node would stop with its sessions */
export function thisMachine(interfaces: typeof networkInterfaces = networkInterfaces): Machine {
  try {
    const addresses = Object.values(interfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    return { name: hostname(), addresses };
  } catch (cause) {
    throw new UsageError(
      `The addresses of this machine can't be read (${(cause as Error).message}). Say which node it is with --node HOST:PORT, or allow AF_NETLINK (systemd: RestrictAddressFamilies).`,
    );
  }
}
