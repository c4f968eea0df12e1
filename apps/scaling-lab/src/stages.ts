import { EVENTS } from './events.ts';
import { openStage, renewStage, type Ownership } from './open-stage.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { Scenario } from './scenarios.ts';
import { everyoneKnows, type Stage } from './stage.ts';

/**
 * Gives every scenario a stage on which nothing happened to the nodes before. Clients remember earlier nodes, in the cluster too, and look for sessions
 * there: after another scenario on the same nodes, they would find more than they should.
 */
export class Stages {
  readonly #options: LabOptions;
  readonly #ownership: Ownership;
  readonly #progress: Progress;
  #stage: Stage | undefined;
  #untouched = false;

  constructor(options: LabOptions, ownership: Ownership, progress: Progress) {
    this.#options = options;
    this.#ownership = ownership;
    this.#progress = progress;
  }

  /** Every app process runs, and knows every node. */
  async for(scenario: Scenario): Promise<Stage> {
    const stage = await this.#withNodes(this.#options.nodes + scenario.extraNodes);
    this.#stage = stage;
    this.#untouched = !scenario.phases.some(({ event }) => EVENTS[event].changesNodes);
    await Promise.all(stage.fleets.map((fleet) => fleet.refill()));
    await everyoneKnows(stage);
    return stage;
  }

  async #withNodes(nodes: number): Promise<Stage> {
    if (this.#stage === undefined) return openStage(this.#options, nodes, this.#ownership, this.#progress);
    if (this.#untouched && this.#stage.cluster.nodes.length === nodes) return this.#stage;
    return renewStage(this.#stage, nodes, this.#ownership, this.#progress);
  }
}
