/**
 * The nodes on which one write stored its record. The write removes its copy before it resolves from elders that are
 * being emptied, because a handover is being finished, and from those that nobody asks any more in a second: an outdated
 * copy could be read after a later loss.
 */
import type { KeyOperation } from '../cluster.ts';
import { outlivesItsElder } from '../membership/route.ts';
import { leaveMoved } from './moved.ts';
import { readRepair } from '../repair/read-repair.ts';
import { Reservation } from './reservation.ts';
import { askNode, askNodes, newestOf, type Reply } from './replies.ts';

/** Attempts to replace copies while others write the key. */
const MAX_ATTEMPTS = 4;

export class PlacedCopies {
  /** Not cancelled by the caller's signal. */
  readonly #operation: KeyOperation;
  /** By node: what it may hold. */
  readonly #sent = new Map<string, Set<Buffer>>();

  constructor({ cluster, key }: KeyOperation) {
    this.#operation = { cluster, key, options: undefined };
  }

  /** Call it before `bytes` are sent to the node. */
  add(id: string, bytes: Buffer): void {
    const sent = this.#sent.get(id);
    if (sent === undefined) this.#sent.set(id, new Set([bytes]));
    else sent.add(bytes);
  }

  /** The node answered that it did not store `bytes`. */
  refused(id: string, bytes: Buffer): void {
    this.#sent.get(id)?.delete(bytes);
  }

  /** Whether anything was sent to the node. */
  wasSentTo(id: string): boolean {
    return this.#sent.has(id);
  }

  /** The nodes that may hold a copy. */
  get #holders(): readonly string[] {
    return [...this.#sent].filter(([, sent]) => sent.size > 0).map(([id]) => id);
  }

  /** Never rejects: a copy that can't be removed expires with the window of its view. */
  async takeBack(): Promise<void> {
    const holders = this.#holders;
    if (holders.length === 0) return;
    const { cluster, key } = this.#operation;
    const route = cluster.route(key);
    const now = cluster.clock.now();
    for (const id of holders)
      if (route.closing.has(id) || !route.targets.includes(id) || outlivesItsElder(id, route, now))
        await this.#takeBackFrom(id);
  }

  /**
   * After a conflict: the write has not happened, and its copy on a node that lost its memory would hide the record of
   * the other writer. A newer record replaces it, and an older one makes it a mark. The other writer may have a conflict,
   * too, and do the same: if each just removed its own copies, the session would be lost. Never rejects.
   */
  async giveWay(): Promise<void> {
    try {
      const reservation = new Reservation(this.#operation);
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) if (await this.#giveWayOnce(reservation)) return;
    } catch {
      // The copies stay, as if this process had ended.
    }
  }

  /** Returns whether no copy is left that hides another record. */
  async #giveWayOnce(reservation: Reservation): Promise<boolean> {
    const holders = this.#holders;
    const { cluster, key } = this.#operation;
    const ids = new Set([...holders, ...cluster.route(key).targets]);
    // A single node has either this write's record or the other one.
    if (holders.length === 0 || ids.size === 1) return true;
    const replies = await askNodes(this.#operation, [...ids]);
    const own = replies.filter((reply) => this.#isOwn(reply));
    const other = newestOf(replies.filter((reply) => !own.includes(reply)));
    if (own.length === 0 || other === undefined) return true;
    const isBehind = ({ entry }: Reply): boolean =>
      other.kind === 'record' && entry?.kind === 'record' && entry.version < other.version;
    const ahead = own.filter((reply) => !isBehind(reply));
    const removed = await Promise.all(ahead.map((reply) => leaveMoved(this.#operation, reply)));
    if (other.kind === 'record') {
      const behind = own.filter(isBehind);
      if ((await readRepair(this.#operation, other, behind, reservation)) === 'overtaken') return false;
    }
    return !removed.includes(false);
  }

  async #takeBackFrom(id: string): Promise<void> {
    try {
      const reply = await askNode(this.#operation, id);
      if (this.#isOwn(reply)) await leaveMoved(this.#operation, reply);
    } catch {
      // It expires by itself.
    }
  }

  #isOwn({ id, entry }: Reply): boolean {
    return entry?.kind === 'record' && [...(this.#sent.get(id) ?? [])].some((sent) => sent.equals(entry.bytes));
  }
}
