import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { ringOf } from '../cluster/ring.ts';
import { zoneReport } from '../cluster/zone-report.ts';
import { finding, type Finding } from './finding.ts';

/** What the zones prevent copies from guaranteeing, and what that costs. */
export function examineZones({ client, copies, settings }: ObservedCluster): readonly Finding[] {
  const report = zoneReport(ringOf(client.topology, settings), copies);
  if (report === undefined) return [];
  const { zones, areTooFew, small, unknown } = report;
  return [
    ...unknown.map((id) =>
      finding('warning', 'zones', id, [
        'nobody says in which zone it is, and other nodes have one',
        'nodes without a zone are taken for one zone: two copies of a session may share a real one',
        'name its zone in every application server: the parameter zones of the URL, or the option zoneOf',
      ]),
    ),
    ...(areTooFew
      ? [
          finding('warning', 'zones', 'cluster', [
            `${copies} copies of each session are in ${zones.length === 1 ? 'one zone' : `${zones.length} zones`}`,
            'the loss of a zone can take every copy of a session',
            'add a node in another zone',
          ]),
        ]
      : []),
    ...small.map(({ zone, nodes, held, fair }) =>
      finding('warning', 'zones', zone === undefined ? 'the nodes without a zone' : `zone ${zone}`, [
        `it holds ${(held / fair).toFixed(1)} times as much as its ${nodes === 1 ? 'node' : `${nodes} nodes`} would without zones`,
        'each session has a copy in another zone, so a zone with few nodes is full first, and evicts',
        'add a node to it, or give its nodes more memory (-m)',
      ]),
    ),
  ];
}
