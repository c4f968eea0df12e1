import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import type { NodeReport } from '../cluster/node-report.ts';
import { secretAdvice, secretUnknown } from '../cluster/observe-to-change.ts';
import { finding, type Finding } from './finding.ts';

/** Problems of the whole cluster: secrets, drains, versions, sizes, and addresses behind names. */
export async function examineCluster(
  observed: ObservedCluster,
  reports: readonly NodeReport[],
): Promise<readonly Finding[]> {
  return [
    ...secrets(observed, reports),
    ...unfinishedDrains(reports),
    ...versions(reports),
    ...unequalMemory(reports),
    ...(await names(observed)),
  ];
}

function secrets(observed: ObservedCluster, reports: readonly NodeReport[]): readonly Finding[] {
  const { client, settings } = observed;
  if (settings.secretFrom === undefined)
    return [
      finding('warning', 'history-secret', 'cluster', [
        'no secret is set, so what application servers with one tell each other is not seen here',
        `neither SESS_HISTORY_SECRET nor SESS_SECRET is in the environment; ${knownNodes(client.topology.nodes.length)}`,
        'set SESS_SECRET to the application’s secret, or SESS_HISTORY_SECRET to the client’s',
      ]),
    ];
  if (secretUnknown(observed, reports) === undefined) return [];
  return [
    finding('warning', 'history-secret', 'cluster', [
      'the nodes hold items, but no application server with this secret was ever here',
      'the secret is not that of the application, or only other programs use these nodes',
      `${secretAdvice(settings.secretFrom)} Until they agree, drains and other lists are not seen here`,
    ]),
  ];
}

function knownNodes(nodes: number): string {
  return nodes === 1 ? '1 node is known by the list alone' : `${nodes} nodes are known by the list alone`;
}

function unfinishedDrains(reports: readonly NodeReport[]): readonly Finding[] {
  return reports
    .filter(({ drain, isListed }) => drain === 'drained' && isListed)
    .map(({ id }) =>
      finding('warning', 'drained', id, [
        'it is drained and still on the list',
        'it holds nothing that is wanted, and gets no sessions',
        `take it off the list and stop it, or put it back: sess drain ${id} --put-back`,
      ]),
    );
}

function versions(reports: readonly NodeReport[]): readonly Finding[] {
  const found = new Set(reports.flatMap(({ figures }) => (figures === undefined ? [] : [figures.version])));
  if (found.size < 2) return [];
  return [
    finding('warning', 'versions', 'cluster', [
      `the nodes have different versions: ${[...found].join(', ')}`,
      'an upgrade that was not finished',
      'finish it, one node after another (docs: Running the cluster, “To replace a node”)',
    ]),
  ];
}

/** If all nodes have the same weight, the smallest fills up first. */
function unequalMemory(reports: readonly NodeReport[]): readonly Finding[] {
  const limits = reports.flatMap(({ id, figures }) =>
    figures === undefined ? [] : [{ id, limit: figures.limitBytes }],
  );
  const [least, most] = [Math.min(...limits.map(({ limit }) => limit)), Math.max(...limits.map(({ limit }) => limit))];
  const smallest = limits.find(({ limit }) => limit === least);
  if (smallest === undefined || least * 2 > most) return [];
  return [
    finding('warning', 'memory-sizes', smallest.id, [
      'it has less than half of the memory that another node has',
      'nodes of one weight get the same number of sessions, so this one evicts first',
      'give the nodes the same memory (-m), or weights',
    ]),
  ];
}

/** Certificates are checked against names, and other machines connect to them. */
async function names({ client }: ObservedCluster): Promise<readonly Finding[]> {
  const named = client.topology.nodes.filter(({ host }) => isIP(host) === 0 && !host.startsWith('/'));
  const found = await Promise.all(
    named.map(async ({ id, host, address }): Promise<Finding | undefined> => {
      try {
        const addresses = await lookup(host, { all: true });
        if (address === undefined || addresses.some((one) => one.address === address)) return undefined;
        return finding('warning', 'name', id, [
          `its name leads to ${addresses.map((one) => one.address).join(', ')}, and the list says ${address}`,
          'the node was replaced a moment ago, or DNS here answers otherwise than where the list is made',
          'ask again in a minute; if it is still so, compare the DNS server of this machine with that of the nodes',
        ]);
      } catch (error) {
        return finding('warning', 'name', id, [
          `its name can't be resolved here (${error instanceof Error ? error.message : String(error)})`,
          'DNS of this machine does not know it, which TLS and drains by name need',
          'run this where the application servers run, or add the name to DNS',
        ]);
      }
    }),
  );
  return found.filter((one) => one !== undefined);
}
