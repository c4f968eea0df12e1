/** The zones that nodes are spread over in turn. */
export const ZONES = ['zone-1', 'zone-2'] as const;

/** The zone of each node, by id. */
export type NodeZones = Readonly<Record<string, string>>;

export function zonesOf(nodes: readonly string[]): NodeZones {
  return Object.fromEntries(nodes.map((id, place) => [id, ZONES[place % ZONES.length] ?? ZONES[0]]));
}
