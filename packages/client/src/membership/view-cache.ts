/** Caches the current and open views, because placing many nodes is slow. */
import { fingerprintOf, knownDistribution } from './fingerprint.ts';
import type { Placement, ViewEntry, ViewNode } from './history.ts';
import { createView, type DistributionFactory, type View } from './view.ts';

export class ViewCache {
  readonly #copies: number;
  readonly #distribution: DistributionFactory;
  /** Fingerprint of this client's own distribution. */
  readonly #fingerprint: string;
  readonly #views = new Map<string, View>();

  constructor({ copies, distribution }: { readonly copies: number; readonly distribution: DistributionFactory }) {
    this.#copies = copies;
    this.#distribution = distribution;
    this.#fingerprint = fingerprintOf(distribution);
  }

  /** This client's placement of keys on these nodes. */
  placementOf(nodes: readonly ViewNode[]): Placement {
    return { nodes, copies: this.#copies, distribution: this.#fingerprint };
  }

  has(id: string): boolean {
    return this.#views.has(id);
  }

  /** Throws the distribution's errors. */
  get(id: string, entry: ViewEntry): View {
    const { cause, since } = entry;
    const known = this.#views.get(id);
    if (known?.since === since) return known;
    const view = known === undefined ? createView(entry, this.#distributionOf(entry)) : { ...known, since, cause };
    this.#views.set(id, view);
    return view;
  }

  keepOnly(isWanted: (id: string) => boolean): void {
    for (const id of this.#views.keys()) if (!isWanted(id)) this.#views.delete(id);
  }

  #distributionOf({ distribution }: ViewEntry): DistributionFactory | undefined {
    return distribution === this.#fingerprint ? this.#distribution : knownDistribution(distribution);
  }
}
