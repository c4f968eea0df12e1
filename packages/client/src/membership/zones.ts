/** Copies in different zones: the zones of nodes, the nearest copy, and problems of a view's zones. */
import { isZone, type ClusterNode, type Topology } from '@sess/discovery';
import { zoneShares } from '@sess/hash-ring';

import type { ZonesMessage } from '../diagnostics.ts';
import type { View } from './view.ts';

/** A zone that holds this many times its share of the weight is too small. */
const TOO_SMALL = 1.4;
/** Sample keys for that: a few milliseconds of work. */
const SAMPLES = 1_024;

/** The topology with the zones of the option `zoneOf`. Throws if a zone is invalid. */
export function withZones(
  topology: Topology,
  zoneOf: ((node: ClusterNode) => string | undefined) | undefined,
): Topology {
  const nodes = topology.nodes.map((node) => {
    const zone = zoneOf?.(node) ?? node.zone;
    if (zone !== undefined && !isZone(zone))
      throw new Error(
        `${zone === node.zone ? '' : 'zoneOf: '}the zone of ${node.id} must be 1 to 64 letters, digits, "-", "_", "." or ":"; got ${typeof zone === 'string' ? JSON.stringify(zone) : `a value of type ${typeof zone}`}.`,
      );
    return zone === undefined || zone === node.zone ? node : Object.freeze({ ...node, zone });
  });
  return nodes.every((node, index) => node === topology.nodes[index]) ? topology : { ...topology, nodes };
}

/** Returns `owners` with the near ones first, otherwise in the same order. */
export function nearFirst(owners: readonly string[], near: ReadonlySet<string>): readonly string[] {
  if (near.has(owners[0] ?? '')) return owners;
  return [...owners.filter((id) => near.has(id)), ...owners.filter((id) => !near.has(id))];
}

/** The problems of a view's zones; empty if no node has a zone, or with a single copy. */
export function zoneProblems({ nodes, copies, distribution }: View): readonly ZonesMessage[] {
  const named = nodes.filter(({ zone }) => zone !== undefined);
  if (copies < 2 || named.length === 0) return [];
  const problems: ZonesMessage[] = [];
  if (named.length < nodes.length) {
    const unknown = nodes.filter(({ zone }) => zone === undefined);
    problems.push({ problem: 'unknown', zone: undefined, nodes: ids(unknown), load: 1 });
  }
  const shares = zoneShares(distribution, copies, SAMPLES);
  if (shares.length < copies) problems.push({ problem: 'too-few', zone: undefined, nodes: ids(nodes), load: 1 });
  for (const { zone, held, fair } of shares) {
    if (held < TOO_SMALL * fair || shares.length < 2) continue;
    const own = nodes.filter((node) => node.zone === zone);
    problems.push({ problem: 'small', zone, nodes: ids(own), load: held / fair });
  }
  return problems;
}

function ids(nodes: readonly { readonly id: string }[]): readonly string[] {
  return nodes.map(({ id }) => id);
}
