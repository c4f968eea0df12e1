import { EVENTS } from '../scenarios/events/events.ts';
import { flush } from '../environment/node-stats.ts';
import { openEnvironment, type EnvironmentOptions, type Ownership } from '../environment/open-environment.ts';
import type { Progress } from '../process/progress.ts';
import { takesPart, type Scenario } from '../scenarios/scenarios.ts';
import { everyProcessKnows, sourceOf, type Environment, type StrategyRun } from '../environment/environment.ts';

/** How long a flush of a node may take, in milliseconds. */
const FLUSH_TIMEOUT_MS = 10_000;

/** The state of an unused strategyRun. */
interface Condition {
  readonly nodes: number;
  readonly list: Scenario['list'];
}

/**
 * Provides every scenario with strategyRuns whose nodes have no past. Clients record earlier nodes, in the cluster as
 * well, and read sessions from them: after another scenario on the same nodes, they would find more than they should.
 * So the apps restart on empty nodes.
 */
export class Environments {
  readonly #options: EnvironmentOptions;
  readonly #nodes: number;
  readonly #ownership: Ownership;
  readonly #progress: Progress;
  readonly #untouched = new Map<StrategyRun, Condition>();
  #environment: Environment | undefined;

  constructor(options: EnvironmentOptions & { readonly nodes: number }, ownership: Ownership, progress: Progress) {
    this.#options = options;
    this.#nodes = options.nodes;
    this.#ownership = ownership;
    this.#progress = progress;
  }

  /** The strategyRuns that take part in `scenario`. Every app process runs, and knows every node. */
  async for(scenario: Scenario): Promise<Environment> {
    const wanted: Condition = { nodes: this.#nodes + scenario.extraNodes, list: scenario.list };
    const environment = await this.#open(wanted.nodes);
    const strategyRuns = environment.strategyRuns.filter(({ strategy }) => takesPart(strategy, scenario));
    const stale = strategyRuns.filter((strategyRun) => !isLike(this.#untouched.get(strategyRun), wanted));
    if (stale.length > 0) {
      this.#progress.step('emptying the nodes, and running the apps anew');
      await Promise.all(stale.map((strategyRun) => renew(strategyRun, wanted)));
    }
    await Promise.all(strategyRuns.map((strategyRun) => strategyRun.fleet.refill()));
    await Promise.all(strategyRuns.map((strategyRun) => everyProcessKnows(strategyRun, environment.signal)));
    const touches = scenario.phases.some(({ event }) => EVENTS[event].changesNodes);
    for (const strategyRun of strategyRuns) {
      if (touches) this.#untouched.delete(strategyRun);
      else this.#untouched.set(strategyRun, wanted);
    }
    return { ...environment, strategyRuns };
  }

  async #open(nodes: number): Promise<Environment> {
    if (this.#environment !== undefined) return this.#environment;
    this.#environment = await openEnvironment(this.#options, nodes, this.#ownership, this.#progress);
    for (const strategyRun of this.#environment.strategyRuns)
      this.#untouched.set(strategyRun, { nodes, list: 'followed' });
    return this.#environment;
  }
}

function isLike(left: Condition | undefined, wanted: Condition): boolean {
  return left?.nodes === wanted.nodes && left.list === wanted.list;
}

/**
 * Stops the apps first, so that none of them writes to a node that is being flushed. The database keeps its sessions:
 * the users of the next scenario log in again, so no request has an old id.
 */
async function renew(strategyRun: StrategyRun, { nodes, list }: Condition): Promise<void> {
  const { cluster, fleet } = strategyRun;
  await fleet.stop();
  for (const node of cluster.nodes) if (node.state === 'crashed') await cluster.restartNode(node.id);
  for (const node of cluster.nodes) if (node.state === 'paused') await cluster.resumeNode(node.id);
  for (let missing = nodes - cluster.nodes.length; missing > 0; missing -= 1) await cluster.addNode();
  for (const spare of cluster.nodes.slice(nodes)) await cluster.removeNode(spare.id);
  await Promise.all(cluster.nodes.map((node) => flush(node, FLUSH_TIMEOUT_MS)));
  await fleet.restart(sourceOf(strategyRun, list));
}
