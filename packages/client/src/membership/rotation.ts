/** Which nodes are in rotation, which have left it, and which can list their keys. Rereplication works from this. */
import type { Clock } from '../clock.ts';
import type { ClusterNode } from '../cluster.ts';
import { departuresIn, heldBy, type Departure } from './departures.ts';
import type { Membership } from './membership.ts';

/** Most departed nodes that only an unsigned history names: each costs a listing of all keys. */
const MAX_HEARSAY = 16;
const NONE: ReadonlyMap<string, Departure> = new Map();

export class Rotation {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #listed: () => readonly ClusterNode[];

  /** @param listed returns the nodes that discovery lists */
  constructor(membership: Membership, clock: Clock, listed: () => readonly ClusterNode[]) {
    this.#membership = membership;
    this.#clock = clock;
    this.#listed = listed;
  }

  /** Id of the view in use. */
  get viewId(): string | undefined {
    return this.#membership.current?.id;
  }

  /** Ids of the nodes in rotation. */
  get ids(): readonly string[] {
    return (this.#membership.current?.nodes ?? []).map(({ id }) => id);
  }

  /** How many nodes hold each key. */
  get copies(): number {
    return this.#membership.current?.copies ?? 1;
  }

  /** Whether there are at least as many nodes in rotation as copies. */
  get hasRoom(): boolean {
    return this.ids.length >= this.copies;
  }

  /** Ids of the nodes whose keys can be listed: those in rotation, and those that are listed, drained and in reach. */
  get sources(): readonly string[] {
    const { ids } = this;
    const others = this.#listed().filter(({ id, health }) => !ids.includes(id) && health !== 'down');
    return [...ids, ...others.map(({ id }) => id)];
  }

  /** Nodes that left rotation and may have held copies, by id. */
  get departures(): ReadonlyMap<string, Departure> {
    const { state } = this.#membership;
    if (state === undefined) return NONE;
    const { unlisted } = this.#membership;
    const departures = [...departuresIn(state, this.#clock.now())];
    if (unlisted.size === 0) return new Map(departures);
    const [hearsay, known] = [
      departures.filter(([id]) => unlisted.has(id)),
      departures.filter(([id]) => !unlisted.has(id)),
    ];
    return new Map([...known, ...hearsay.slice(0, MAX_HEARSAY)]);
  }

  /** Whether the node is being drained, or was: the client that drains it records when it is done. */
  isLeftToDrain(id: string): boolean {
    return this.#membership.isDrained(id) && this.#membership.listedIds.has(id);
  }

  /**
   * Returns a function that tells whether the node owns a key in the current view or any open one. Create it once for
   * many keys.
   */
  heldBy(id: string): (key: string) => boolean {
    const { state } = this.#membership;
    return state === undefined ? () => false : heldBy(id, state, this.#clock.now());
  }
}
