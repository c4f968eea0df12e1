/**
 * Tombstones that did not reach a node, kept until it answers. Only an optimization: reads compare a node that returns
 * with other nodes, which keeps a destroyed session dead. Bounded: drops and counts the oldest tombstone.
 */
import type { Clock } from '../clock.ts';
import { tombstoneDroppedChannel } from '../diagnostics.ts';
import { casOf, TOMBSTONE_FLAGS } from '../record.ts';
import { secondsUntil } from '../transport/exptime.ts';
import type { ClusterNode } from '../cluster.ts';

export const MAX_HINTS = 10_000;

interface Hint {
  readonly nodeId: string;
  readonly key: string;
  readonly tombstone: Buffer;
  readonly endsAt: number;
}

export class HintedHandoff {
  readonly #clock: Clock;
  readonly #hints = new Map<string, Hint>();
  /** Hints dropped because of {@link MAX_HINTS}. */
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(nodeId: string, key: string, tombstone: Buffer, endsAt: number): void {
    const name = `${nodeId} ${key}`;
    this.#hints.delete(name);
    this.#hints.set(name, { nodeId, key, tombstone, endsAt });
    if (this.#hints.size <= MAX_HINTS) return;
    for (const [oldest, hint] of this.#hints) {
      this.#hints.delete(oldest);
      this.#dropped += 1;
      if (tombstoneDroppedChannel.hasSubscribers)
        tombstoneDroppedChannel.publish({ node: hint.nodeId, dropped: this.#dropped });
      break;
    }
  }

  /** Number of pending hints. */
  get size(): number {
    return this.#hints.size;
  }

  /** Delivers the hints for a node that answers again. Keeps a hint that fails. */
  deliver(holder: ClusterNode): void {
    for (const [name, hint] of this.#hints) {
      if (hint.nodeId !== holder.id) continue;
      this.#hints.delete(name);
      if (hint.endsAt <= this.#clock.now()) continue;
      this.#deliverHint(holder, hint).catch(() => this.add(hint.nodeId, hint.key, hint.tombstone, hint.endsAt));
    }
  }

  async #deliverHint(holder: ClusterNode, { key, tombstone, endsAt }: Hint): Promise<void> {
    const found = await holder.getEntry(key, undefined);
    if (found?.kind === 'tombstone') return;
    const cas = found === undefined ? undefined : casOf(found);
    const ttlSeconds = secondsUntil(endsAt, this.#clock.now());
    await holder.store(
      cas === undefined ? 'add' : { cas },
      key,
      tombstone,
      { ttlSeconds, flags: TOMBSTONE_FLAGS },
      undefined,
    );
  }
}
