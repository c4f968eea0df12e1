/**
 * Reserves a key on nodes whose items an operation is about to replace by what it read elsewhere. A node may lose its
 * memory meanwhile, and with it a newer record that another client is about to store on the next node:
 *
 * 1. On a node without an item, a "moved" mark is added. A loss takes the mark along, and then the compare-and-swap
 *    fails by which the record replaces it. An `add` of the record itself would hide the newer one.
 * 2. Behind the mark, or an item that was there, the node's fence is read. Once it is known, the other nodes have had a
 *    new fence since the last loss, and a writer that comes to one of them from now on starts again.
 * 3. Everything is read again: that shows what writers stored before.
 */
import { refusedValue, type RefusedValue } from '../errors.ts';
import { casOf, encodeMoved, MOVED_FLAGS } from '../record.ts';
import type { KeyOperation } from '../cluster.ts';
import { Fences } from './fences.ts';
import { MOVED_SECONDS } from './moved.ts';
import { asFailure, highestVersion, type Reply } from './replies.ts';

export class Reservation {
  readonly #operation: KeyOperation;
  /** By node: the version of the mark, or the CAS number of the item, behind which the fence was known. */
  readonly #held = new Map<string, bigint | string>();

  constructor(operation: KeyOperation) {
    this.#operation = operation;
  }

  /**
   * Returns `undefined` if what `replies` saw may be replaced, by compare-and-swap; `overtaken` if the caller must read
   * again; or the error of a node that refused a mark.
   */
  async hold(replies: readonly Reply[]): Promise<'overtaken' | RefusedValue | undefined> {
    const open = replies.filter((reply) => !this.#holds(reply));
    if (open.length === 0) return undefined;
    const { cluster, key } = this.#operation;
    // With one copy, the loss of the node loses its sessions anyway.
    const isShared = cluster.route(key).owners.length > 1;
    const version = cluster.versions.next(highestVersion(replies));
    const marks = open.map(async ({ id, entry }) =>
      isShared && entry === undefined ? this.#mark(id, version) : false,
    );
    const fences = new Fences(cluster);
    for (const { id } of open) fences.behind(id);
    const outcomes = await Promise.all(marks);
    const refused = outcomes.find((outcome) => refusedValue(outcome));
    const changed = await fences.changed();
    const isKnown = changed.length === 0 || (await cluster.relearn(changed));
    if (refused !== undefined || !isKnown) return refused ?? 'overtaken';
    if (!isShared) return changed.length === 0 ? undefined : 'overtaken';
    for (const [index, reply] of open.entries()) {
      const held = outcomes[index] === true ? version : numberOf(reply);
      if (held !== undefined) this.#held.set(reply.id, held);
    }
    return 'overtaken';
  }

  #holds(reply: Reply): boolean {
    const held = this.#held.get(reply.id);
    if (held === undefined) return false;
    return held === (typeof held === 'bigint' ? reply.entry?.kind === 'moved' && reply.entry.version : numberOf(reply));
  }

  /** Whether the mark was added. */
  async #mark(id: string, version: bigint): Promise<boolean | RefusedValue> {
    const { cluster, key, options } = this.#operation;
    try {
      const attributes = { ttlSeconds: MOVED_SECONDS, flags: MOVED_FLAGS };
      const bytes = encodeMoved(version, MOVED_SECONDS);
      return (await cluster.node(id).store('add', key, bytes, attributes, options)) === 'stored';
    } catch (error) {
      if (refusedValue(error)) return error;
      asFailure(error);
      return false;
    }
  }
}

function numberOf({ entry }: Reply): string | undefined {
  const cas = entry && casOf(entry);
  return cas && `${cas.epoch} ${cas.unique}`;
}
