/** Which nodes are listed, in rotation or drained, which have left, and which can list their keys. */
import type { Clock } from '../clock.ts';
import type { NodeHealth } from '../contract.ts';
import { departuresIn, heldBy, type Departure } from './departures.ts';
import { isDraining, isTakenOut } from './drains.ts';
import type { Membership } from './membership.ts';

/** Most departed nodes that only an unsigned history names: each costs a listing of all keys. */
const MAX_HEARSAY = 16;
const NONE: ReadonlyMap<string, Departure> = new Map();

interface ListedNode {
  readonly id: string;
  readonly health: NodeHealth;
}

export class Rotation {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #listed: () => readonly ListedNode[];

  /** @param listed returns the nodes that discovery lists */
  constructor(membership: Membership, clock: Clock, listed: () => readonly ListedNode[]) {
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

  /** Whether discovery lists the node. */
  lists(id: string): boolean {
    return this.#membership.listedIds.has(id);
  }

  /** Whether discovery lists the node, or an open view names it. */
  isNamed(id: string): boolean {
    return this.lists(id) || this.#membership.nodes().has(id) || this.#membership.unlisted.has(id);
  }

  /** Whether a drain, by any client, took the node out of rotation. */
  isDrained(id: string): boolean {
    return isTakenOut(this.#membership.history, id) && !this.ids.includes(id);
  }

  /** Whether any client is draining the node. */
  isDraining(id: string): boolean {
    return isDraining(this.#membership.history, id);
  }

  /** The state of the drain of a node that is out of rotation; `undefined` without a drain. */
  drainOf(id: string): 'draining' | 'drained' | undefined {
    if (!this.isDrained(id)) return undefined;
    return this.isDraining(id) ? 'draining' : 'drained';
  }

  /** Whether any node would remain in rotation without this one. */
  canSpare(id: string): boolean {
    const { listedIds, history } = this.#membership;
    return [...listedIds].some((other) => other !== id && !isTakenOut(history, other));
  }

  /** Whether the node is listed and drained or being drained: the client that drains it records when that is done. */
  isLeftToDrain(id: string): boolean {
    return this.isDrained(id) && this.lists(id);
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
