import type { LocalCluster, LocalNode } from '@sess/local-cluster';
import type { StrategyRun } from '../environment/environment.ts';

/** An action on the nodes of every strategy at once. */
export type NodeAction = 'add' | 'remove' | 'crash' | 'restart' | 'pause' | 'resume' | 'drain';

/**
 * The nodes of all strategies, side by side: an action on one applies to the nodes at the same place in the other
 * clusters. Their ids are those of the shown cluster.
 */
export class ServedNodes {
  readonly #runs: readonly StrategyRun[];
  readonly #shown: StrategyRun;
  readonly #most: number;
  /** The ids in all clusters, in the order of the runs, by the id in the shown cluster. */
  readonly #places = new Map<string, readonly string[]>();
  #underWay: string | undefined;

  constructor(runs: readonly StrategyRun[], shown: StrategyRun, most: number) {
    this.#runs = runs;
    this.#shown = shown;
    this.#most = most;
    for (const [place, { id }] of shown.cluster.nodes.entries())
      this.#places.set(
        id,
        runs.map(({ cluster }) => cluster.nodes[place]?.id ?? ''),
      );
  }

  get nodes(): readonly LocalNode[] {
    return this.#shown.cluster.nodes;
  }

  get canAdd(): boolean {
    return this.nodes.length < this.#most;
  }

  /** Whether the shown strategy can drain. */
  get canDrain(): boolean {
    return this.#shown.strategy.handover;
  }

  /** Resolves to a line for people. Rejects if another action than a drain is in progress. */
  async act(action: NodeAction, id: string | undefined): Promise<string> {
    // A drain takes long, so other actions may run meanwhile.
    if (action === 'drain') return this.#drain(this.#named(id, isRunning));
    if (this.#underWay !== undefined) throw new Error(`wait until this is done: ${this.#underWay}`);
    this.#underWay = action;
    try {
      return await this.#act(action, id);
    } finally {
      this.#underWay = undefined;
    }
  }

  #act(action: Exclude<NodeAction, 'drain'>, id: string | undefined): Promise<string> {
    switch (action) {
      case 'add':
        return this.#add();
      case 'remove':
        return this.#remove(this.#named(id, () => true));
      case 'crash':
        return this.#each('crashed', this.#named(id, isRunning), (cluster, node) => cluster.crashNode(node));
      case 'restart':
        return this.#each(
          'restarted',
          this.#named(id, ({ state }) => state === 'crashed'),
          (cluster, node) => cluster.restartNode(node),
        );
      case 'pause':
        return this.#each('paused', this.#named(id, isRunning), (cluster, node) => cluster.pauseNode(node));
      case 'resume':
        return this.#each(
          'resumed',
          this.#named(id, ({ state }) => state === 'paused'),
          (cluster, node) => cluster.resumeNode(node),
        );
      default:
        return action satisfies never;
    }
  }

  async #add(): Promise<string> {
    if (!this.canAdd) throw new Error(`there are ${this.#most} nodes, which is as many as this machine should run`);
    const added = await Promise.all(this.#runs.map(({ cluster }) => cluster.addNode()));
    const ids = added.map(({ id }) => id);
    const shown = ids[this.#runs.indexOf(this.#shown)] ?? '';
    this.#places.set(shown, ids);
    return `added ${shown}`;
  }

  async #remove(id: string): Promise<string> {
    if (this.nodes.length === 1) throw new Error('this is the last node; sessions need one');
    const done = await this.#each('removed', id, (cluster, node) => cluster.removeNode(node));
    this.#places.delete(id);
    return done;
  }

  async #drain(id: string): Promise<string> {
    const drains = this.#runs.filter(({ strategy }) => strategy.handover);
    if (drains.length === 0) throw new Error('no strategy that is served has a way to drain a node');
    await Promise.all(drains.map((run) => run.fleet.drain(this.#idIn(run, id))));
    return `drained ${id}: it can be removed`;
  }

  async #each(
    done: string,
    id: string,
    act: (cluster: LocalCluster, node: string) => Promise<unknown>,
  ): Promise<string> {
    await Promise.all(this.#runs.map((run) => act(run.cluster, this.#idIn(run, id))));
    return `${done} ${id}`;
  }

  #idIn(run: StrategyRun, id: string): string {
    return this.#places.get(id)?.[this.#runs.indexOf(run)] ?? id;
  }

  /** The named node; without a name, the last node that is `wanted`, or the last of all. */
  #named(id: string | undefined, wanted: (node: LocalNode) => boolean): string {
    const named = id ?? (this.nodes.findLast(wanted) ?? this.nodes.at(-1))?.id;
    if (named === undefined || !this.#places.has(named))
      throw new Error(`there is no node ${named ?? ''}; there are ${this.nodes.map((node) => node.id).join(', ')}`);
    return named;
  }
}

function isRunning({ state }: LocalNode): boolean {
  return state === 'running';
}
