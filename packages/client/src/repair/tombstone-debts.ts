/**
 * Tombstones that did not reach a node, kept until it answers. A help: correctness rests on doubting nodes that return. Bounded; the oldest is
 * dropped and counted.
 */
import type { Clock } from '../clock.ts';
import { tombstoneDroppedChannel } from '../diagnostics.ts';
import { TOMBSTONE_FLAGS } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import type { Holder } from '../cluster.ts';
import { casOf } from '../operations/look.ts';

export const MAX_DEBTS = 10_000;

interface Debt {
  readonly nodeId: string;
  readonly key: string;
  readonly tombstone: Buffer;
  readonly endsAt: number;
}

export class TombstoneDebts {
  readonly #clock: Clock;
  readonly #debts = new Map<string, Debt>();
  /** Debts that were dropped because there were too many. */
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(nodeId: string, key: string, tombstone: Buffer, endsAt: number): void {
    const name = `${nodeId} ${key}`;
    this.#debts.delete(name);
    this.#debts.set(name, { nodeId, key, tombstone, endsAt });
    if (this.#debts.size <= MAX_DEBTS) return;
    for (const [oldest, debt] of this.#debts) {
      this.#debts.delete(oldest);
      this.#dropped += 1;
      if (tombstoneDroppedChannel.hasSubscribers) tombstoneDroppedChannel.publish({ node: debt.nodeId, dropped: this.#dropped });
      break;
    }
  }

  /** `holder` answers again. What fails is owed again. */
  deliver(holder: Holder): void {
    for (const [name, debt] of this.#debts) {
      if (debt.nodeId !== holder.id) continue;
      this.#debts.delete(name);
      if (debt.endsAt <= this.#clock.now()) continue;
      this.#pay(holder, debt).catch(() => this.add(debt.nodeId, debt.key, debt.tombstone, debt.endsAt));
    }
  }

  async #pay(holder: Holder, { key, tombstone, endsAt }: Debt): Promise<void> {
    const found = await holder.look(key, undefined);
    if (found?.kind === 'tombstone') return;
    const cas = found === undefined ? undefined : casOf(found);
    const ttlSeconds = secondsUntil(endsAt, this.#clock.now());
    await holder.store(cas === undefined ? 'add' : { cas }, key, tombstone, { ttlSeconds, flags: TOMBSTONE_FLAGS }, undefined);
  }
}
