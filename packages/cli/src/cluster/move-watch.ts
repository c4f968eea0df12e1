/**
 * Measures how many sessions have reached their new owners, whoever migrates them. When it first sees a drain or a
 * handover, it chooses a sample of the sessions that must move, and then reads them from their owners repeatedly.
 * Writes nothing and asks no process.
 */
import type { Handover } from '@sess/client';

import type { ObservedCluster } from './observed-cluster.ts';
import type { NodeReport } from './node-report.ts';
import type { Looks } from './rates.ts';

export interface MoveProgress {
  /** Sessions that had to move when the handover was first seen. */
  readonly sessions: number;
  /** Share of the sample that is on all of its owners, 0 to 1. */
  readonly moved: number;
  /** Sessions per second over the last 10 seconds; `undefined` while none arrives. */
  readonly perSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** By the id of a draining node, or the fingerprint of an earlier ring. */
export type MovesProgress = ReadonlyMap<string, MoveProgress>;

/** Size of the sample: its share is exact to 8 % or better. Each session costs the nodes one or two reads per poll. */
const SAMPLE = 100;
/** Most keys to list: more would load the nodes too much. */
const MOST_LISTED = 1_000_000;
/** A node on which nothing has to move may have been listed too early: it is listed again after this time. */
const AGAIN_MS = 5_000;
/** A rate covers this many seconds. */
const RATE_MS = 10_000;

export class MoveWatch {
  readonly #observed: ObservedCluster;
  readonly #ended = new AbortController();
  readonly #moves = new Map<string, SampledMove>();
  /** Reads of the last {@link find} by node id: the nodes' counters include them. */
  #looks = new Map<string, Looks>();

  constructor(observed: ObservedCluster) {
    this.#observed = observed;
  }

  /** The known progress of open drains and handovers. Never rejects. */
  async find(nodes: readonly NodeReport[], handovers: readonly Handover[]): Promise<MovesProgress> {
    const drains = nodes.filter(({ drain, share }) => drain === 'draining' && share === undefined);
    const earlier = handovers.filter(({ phase }) => phase !== 'overlap');
    const open = new Map([
      // While a node is still in rotation, nothing on it has to move.
      ...drains.map(({ id }) => [id, [id]] as const),
      // A drain migrates the same sessions as its handover: counts them once.
      ...(drains.length > 0 ? [] : earlier.map(({ ring, nodes: ids }) => [ring.fingerprint, ids] as const)),
    ]);
    for (const name of this.#moves.keys()) if (!open.has(name)) this.#moves.delete(name);
    for (const [name, ids] of open)
      if (!this.#moves.has(name)) this.#moves.set(name, new SampledMove(this.#observed, ids, this.#ended.signal));
    const looks = new Map<string, Looks>();
    this.#looks = looks;
    const found = await Promise.all(
      [...this.#moves].map(async ([name, move]) => [name, await move.progress(performance.now(), looks)] as const),
    );
    return new Map(found.flatMap(([name, progress]) => (progress === undefined ? [] : [[name, progress] as const])));
  }

  /** Reads of the last {@link find}, by node id. */
  get looks(): ReadonlyMap<string, Looks> {
    return this.#looks;
  }

  close(): void {
    this.#ended.abort();
  }
}

interface Chosen {
  readonly key: string;
  /** The node that held it. */
  readonly node: string;
}

class SampledMove {
  readonly #observed: ObservedCluster;
  readonly #nodes: readonly string[];
  readonly #signal: AbortSignal;
  #chosenAt = -Infinity;
  /** `undefined` until the nodes are listed, or if they can't be. */
  #sample: { readonly sessions: number; readonly size: number; left: readonly Chosen[] } | undefined;
  /** The shares that had moved at earlier times, the oldest first. */
  #history: readonly { readonly at: number; readonly moved: number }[] = [];

  constructor(observed: ObservedCluster, nodes: readonly string[], signal: AbortSignal) {
    this.#observed = observed;
    this.#nodes = nodes;
    this.#signal = signal;
    this.#choose().catch(() => undefined);
  }

  async progress(now: number, looks: Map<string, Looks>): Promise<MoveProgress | undefined> {
    const sample = this.#sample;
    if (sample === undefined) return undefined;
    const { sessions, size } = sample;
    if (sessions === 0 && now - this.#chosenAt > AGAIN_MS) this.#choose().catch(() => undefined);
    const stay = await Promise.all(sample.left.map((chosen) => this.#isOnItsWay(chosen, looks)));
    sample.left = sample.left.filter((_, index) => stay[index]);
    const moved = size === 0 ? 1 : 1 - sample.left.length / size;
    const recent = this.#history.filter(({ at }) => now - at <= RATE_MS);
    this.#history = [...recent, { at: now, moved }];
    const [first] = recent;
    const arrived = first === undefined ? 0 : (sessions * (moved - first.moved) * 1_000) / Math.max(1, now - first.at);
    const perSecond = arrived > 0 ? arrived : undefined;
    const secondsLeft = perSecond === undefined ? undefined : (sessions * (1 - moved)) / perSecond;
    return { sessions, moved, perSecond, secondsLeft };
  }

  /** Chooses each session that has to move with the same probability. */
  async #choose(): Promise<void> {
    this.#chosenAt = performance.now();
    const chosen: Chosen[] = [];
    let listed = 0;
    let sessions = 0;
    for (const node of this.#nodes) {
      for await (const key of this.#observed.nodes.get(node)?.keys?.({ signal: this.#signal }) ?? []) {
        listed += 1;
        if (listed > MOST_LISTED) return;
        if (key.startsWith('@sess/') || this.#observed.client.explain(key).owners.includes(node)) continue;
        sessions += 1;
        const place = chosen.length < SAMPLE ? chosen.length : Math.floor(Math.random() * sessions);
        if (place < SAMPLE) chosen[place] = { key, node };
      }
    }
    this.#sample = { sessions, size: chosen.length, left: chosen };
  }

  /** Whether an owner lacks the session, and the node that held it still does. */
  async #isOnItsWay({ key, node }: Chosen, looks: Map<string, Looks>): Promise<boolean> {
    const { owners } = this.#observed.client.explain(key);
    const there = await Promise.all(owners.map((owner) => this.#isOn(owner, key, looks)));
    return !there.every(Boolean) && (await this.#isOn(node, key, looks));
  }

  async #isOn(node: string, key: string, looks: Map<string, Looks>): Promise<boolean> {
    try {
      const isThere = (await this.#observed.nodes.get(node)?.get(key)) !== undefined;
      const { requests, misses } = looks.get(node) ?? { requests: 0, misses: 0 };
      looks.set(node, { requests: requests + 1, misses: misses + (isThere ? 0 : 1) });
      return isThere;
    } catch {
      return false;
    }
  }
}
