/** Why a change is not made, or not finished. */
export interface Obstacle {
  readonly reason: ObstacleReason;
  /** For people: what is in the way, and what to do. */
  readonly detail: string;
}

/**
 * - `handover-open`: sessions are on their way because of another change
 * - `memory`: what stays would not hold what moves
 * - `too-few-nodes`: fewer nodes than copies would stay
 * - `node-down`: a node does not answer
 * - `settings-differ`: the clients place sessions otherwise than this command was told
 * - `cluster-changed`: somebody else changed the nodes meanwhile
 * - `cluster-busy`: AWS is changing the cluster
 * - `not-safe`: a drained node still holds what no other node holds
 * - `lists-no-keys`: a node does not list its keys, so what it holds can't be copied
 * - `wanted-again`: the load is back, so the nodes stay
 * - `batches`: AWS would replace several nodes at a time
 */
export type ObstacleReason =
  | 'handover-open'
  | 'memory'
  | 'too-few-nodes'
  | 'node-down'
  | 'settings-differ'
  | 'cluster-changed'
  | 'cluster-busy'
  | 'not-safe'
  | 'lists-no-keys'
  | 'wanted-again'
  | 'batches';

/** Ends a change that can't go on. */
export class Obstructed extends Error {
  override readonly name = 'Obstructed';
  readonly obstacle: Obstacle;

  constructor(reason: ObstacleReason, detail: string) {
    super(detail);
    this.obstacle = { reason, detail };
  }
}
