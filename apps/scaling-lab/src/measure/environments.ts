import { EVENTS } from '../scenarios/events/events.ts';
import { flush } from '../environment/node-stats.ts';
import type { NodeSource } from '../apps/node-source.ts';
import { openStage, type Ownership } from '../environment/open-environment.ts';
import type { LabOptions } from '../command/options.ts';
import type { Progress } from '../command/progress.ts';
import { takesPart, type Scenario } from '../scenarios/scenarios.ts';
import { everyProcessKnows, listedNodes, type Site } from '../environment/strategy-run.ts';
import type { Stage } from '../environment/environment.ts';

/** How long a node may take to forget what it holds, in milliseconds. */
const FLUSH_TIMEOUT_MS = 10_000;

/** What a site was left with. */
interface Condition {
  readonly nodes: number;
  readonly list: Scenario['list'];
}

/**
 * Gives every scenario sites on which nothing happened to the nodes before. Clients remember earlier nodes, in the cluster too, and look for sessions
 * there: after another scenario on the same nodes, they would find more than they should. So the apps begin anew, on empty nodes.
 */
export class Stages {
  readonly #options: LabOptions;
  readonly #ownership: Ownership;
  readonly #progress: Progress;
  readonly #untouched = new Map<Site, Condition>();
  #stage: Stage | undefined;

  constructor(options: LabOptions, ownership: Ownership, progress: Progress) {
    this.#options = options;
    this.#ownership = ownership;
    this.#progress = progress;
  }

  /** The sites that take part. Every app process runs, and knows every node. */
  async for(scenario: Scenario): Promise<Stage> {
    const wanted: Condition = { nodes: this.#options.nodes + scenario.extraNodes, list: scenario.list };
    const stage = await this.#open(wanted.nodes);
    const sites = stage.sites.filter(({ strategy }) => takesPart(strategy, scenario));
    const stale = sites.filter((site) => !isLike(this.#untouched.get(site), wanted));
    if (stale.length > 0) {
      this.#progress.step('emptying the nodes, and running the apps anew');
      await Promise.all(stale.map((site) => renew(site, wanted)));
    }
    await Promise.all(sites.map((site) => site.fleet.refill()));
    await Promise.all(sites.map((site) => everyProcessKnows(site, stage.signal)));
    const touches = scenario.phases.some(({ event }) => EVENTS[event].changesNodes);
    for (const site of sites) {
      if (touches) this.#untouched.delete(site);
      else this.#untouched.set(site, wanted);
    }
    return { ...stage, sites };
  }

  async #open(nodes: number): Promise<Stage> {
    if (this.#stage !== undefined) return this.#stage;
    this.#stage = await openStage(this.#options, nodes, this.#ownership, this.#progress);
    for (const site of this.#stage.sites) this.#untouched.set(site, { nodes, list: 'followed' });
    return this.#stage;
  }
}

function isLike(left: Condition | undefined, wanted: Condition): boolean {
  return left?.nodes === wanted.nodes && left.list === wanted.list;
}

/**
 * The apps end first, so that none of them writes into the nodes that are being emptied. A database is not: it is asked for ids alone, and the users of the
 * next scenario log in anew, so nobody comes with one that is in there.
 */
async function renew(site: Site, { nodes, list }: Condition): Promise<void> {
  const { cluster, fleet } = site;
  await fleet.stop();
  for (const node of cluster.nodes) if (node.state === 'crashed') await cluster.restartNode(node.id);
  for (const node of cluster.nodes) if (node.state === 'paused') await cluster.resumeNode(node.id);
  for (let missing = nodes - cluster.nodes.length; missing > 0; missing -= 1) await cluster.addNode();
  for (const spare of cluster.nodes.slice(nodes)) await cluster.removeNode(spare.id);
  await Promise.all(cluster.nodes.map((node) => flush(node, FLUSH_TIMEOUT_MS)));
  await fleet.restart(sourceOf(site, list));
}

function sourceOf(site: Site, list: Scenario['list']): NodeSource {
  return list === 'fixed' ? { kind: 'list', nodes: listedNodes(site) } : { kind: 'endpoint', endpoint: site.cluster.configurationEndpoint };
}
