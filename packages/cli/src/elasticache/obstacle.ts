/** Why a change is not started, or not finished. */
export interface Obstacle {
  readonly reason: ObstacleReason;
  /** For people: the obstacle, and what to do. */
  readonly detail: string;
}

/**
 * - `handover-open`: another change is still migrating sessions
 * - `memory`: the remaining nodes have no room for what moves
 * - `too-few-nodes`: fewer nodes than copies would stay
 * - `node-down`: a node does not answer
 * - `settings-differ`: the clients place sessions differently than this command's settings say
 * - `cluster-changed`: another program or person changed the nodes during this run
 * - `cluster-busy`: AWS is changing the cluster
 * - `not-safe`: a drained node still holds sessions that no other node holds
 * - `lists-no-keys`: a node does not list its keys, so its sessions can't be copied
 * - `wanted-again`: the load is back, so the nodes stay
 * - `min-capacity`: auto scaling would add nodes again
 * - `max-capacity`: auto scaling would remove a node that is added
 * - `wrong-clock`: this machine's clock differs from AWS's by minutes
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
  | 'min-capacity'
  | 'max-capacity'
  | 'wrong-clock'
  | 'batches';

/** Ends a change that can't continue. */
export class Obstructed extends Error {
  override readonly name = 'Obstructed';
  readonly obstacle: Obstacle;

  constructor(reason: ObstacleReason, detail: string) {
    super(detail);
    this.obstacle = { reason, detail };
  }
}
