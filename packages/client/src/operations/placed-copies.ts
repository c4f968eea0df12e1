/**
 * The nodes on which one write stored its record. While a handover is being finished its elders are emptied, so the
 * write removes its copy from them before it resolves: an outdated copy could be read after a later loss.
 */
import type { Cluster } from '../cluster.ts';
import { leaveMoved } from './moved.ts';
import { askNode } from './replies.ts';

export class PlacedCopies {
  readonly #cluster: Cluster;
  readonly #key: string;
  readonly #bytes = new Map<string, Buffer[]>();

  constructor(cluster: Cluster, key: string) {
    this.#cluster = cluster;
    this.#key = key;
  }

  /** Call it before `bytes` are sent to the node. */
  add(id: string, bytes: Buffer): void {
    const sent = this.#bytes.get(id);
    if (sent === undefined) this.#bytes.set(id, [bytes]);
    else sent.push(bytes);
  }

  isOn(id: string): boolean {
    return this.#bytes.has(id);
  }

  /** Never rejects: a copy that can't be removed expires with the window of its view. */
  async takeBack(): Promise<void> {
    if (this.#bytes.size === 0) return;
    const { targets, closing } = this.#cluster.route(this.#key);
    if (closing.size === 0 && [...this.#bytes.keys()].every((id) => targets.includes(id))) return;
    for (const [id, sent] of this.#bytes)
      if (closing.has(id) || !targets.includes(id)) await this.#takeBackFrom(id, sent);
  }

  /** After a conflict: the write has not happened. */
  async takeBackAll(): Promise<void> {
    for (const [id, sent] of this.#bytes) await this.#takeBackFrom(id, sent);
  }

  async #takeBackFrom(id: string, sent: readonly Buffer[]): Promise<void> {
    try {
      const reply = await askNode(this.#cluster, this.#key, id, undefined);
      const { entry } = reply;
      if (entry?.kind !== 'record' || !sent.some((bytes) => bytes.equals(entry.bytes))) return;
      await leaveMoved(this.#cluster, this.#key, reply, undefined);
    } catch {
      // It expires by itself.
    }
  }
}
