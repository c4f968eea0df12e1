/**
 * Publishes on the diagnostics channels which nodes are listed and in rotation, and when other clients keep using
 * another view.
 */
import type { Topology } from '@sess/discovery';

import {
  historyTruncatedChannel,
  otherClusterChannel,
  topologyChannel,
  unlistedNodesChannel,
  viewChannel,
  viewsDisagreeChannel,
  zonesChannel,
} from '../diagnostics.ts';
import type { TransportNode } from '../transport/transport.ts';
import { warnOfUnsignedHistory } from './unsigned-warning.ts';
import { changeOf, targetOf } from './change.ts';
import { Disagreement } from './disagreement.ts';
import type { Membership } from './membership.ts';
import { zoneProblems } from './zones.ts';

export class ViewNotices {
  readonly #membership: Membership;
  readonly #disagreement: Disagreement;
  /** The nodes of the last topology. */
  #targets: readonly TransportNode[] = [];
  #publishedView: string | undefined;
  #truncatedUntil = 0;
  /** Nodes that were published as unlisted. */
  #unlisted: ReadonlySet<string> = new Set();

  /** Nodes that were published as another cluster's, with its name. */
  #foreign: ReadonlyMap<string, string> = new Map();

  constructor(membership: Membership, times: { readonly historyIntervalMs: number; readonly clockSkewMs: number }) {
    this.#membership = membership;
    this.#disagreement = new Disagreement(times);
  }

  topology({ version, nodes }: Topology): void {
    const targets = nodes.map(targetOf);
    const change = changeOf(this.#targets, targets);
    this.#targets = targets;
    if (topologyChannel.hasSubscribers)
      topologyChannel.publish({ version, nodes: nodes.map(({ id }) => id), ...change });
  }

  /**
   * Publishes what changed. Call it when the membership may have changed.
   *
   * @param now milliseconds since 1970
   */
  publishChanges(now: number): void {
    const { current, history } = this.#membership;
    if (current !== undefined && current.id !== this.#publishedView) {
      this.#publishedView = current.id;
      const { nodes, cause, since } = current;
      if (viewChannel.hasSubscribers) viewChannel.publish({ nodes: nodes.map(({ id }) => id), cause, since });
      if (zonesChannel.hasSubscribers) for (const problem of zoneProblems(current)) zonesChannel.publish(problem);
    }
    this.#publishUnlisted();
    this.#publishOtherClusters();
    const { truncatedUntil } = history;
    if (truncatedUntil > Math.max(now, this.#truncatedUntil) && historyTruncatedChannel.hasSubscribers)
      historyTruncatedChannel.publish({ until: truncatedUntil });
    this.#truncatedUntil = truncatedUntil;
    const disagreement = this.#disagreement.check(current, history, now);
    if (disagreement !== undefined && viewsDisagreeChannel.hasSubscribers) viewsDisagreeChannel.publish(disagreement);
  }

  #publishOtherClusters(): void {
    const { foreign, own: cluster } = this.#membership.identity;
    for (const [node, otherCluster] of foreign)
      if (this.#foreign.get(node) !== otherCluster && otherClusterChannel.hasSubscribers)
        otherClusterChannel.publish({ node, cluster, otherCluster });
    this.#foreign = foreign;
  }

  #publishUnlisted(): void {
    const { unlisted } = this.#membership;
    const isNew = [...unlisted].some((id) => !this.#unlisted.has(id));
    this.#unlisted = unlisted;
    if (isNew) warnOfUnsignedHistory();
    if (isNew && unlistedNodesChannel.hasSubscribers) unlistedNodesChannel.publish({ nodes: [...unlisted] });
  }
}
