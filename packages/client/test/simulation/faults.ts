/** The faults of a simulated history. */
import { deployFaults } from './faults/deploy-faults.ts';
import { departureFaults } from './faults/departure-faults.ts';
import { FaultScene, type Strike } from './faults/fault-scene.ts';
import { memoryFaults } from './faults/memory-faults.ts';
import { nodeFaults } from './faults/node-faults.ts';
import { processFaults } from './faults/process-faults.ts';
import type { Promises } from './promises.ts';
import type { Rolling } from './rolling.ts';
import type { FaultKind, PlannedFault } from './scenario.ts';
import type { Stage } from './stage.ts';
import type { Traffic } from './traffic.ts';
import { CALM } from './virtual-network.ts';

/** Faults that may remove copies of a session, for a while or for good. */
const TAKES_COPIES: ReadonlySet<FaultKind> = new Set([
  'node leaves',
  'node is drained',
  'node crashes',
  'node restarts empty',
  'node is replaced',
  'node pauses',
  'node is cut off',
  'node returns stale',
  'fixed lists roll',
  'everything restarts with another list',
  'node retires when it is empty',
  'a record is evicted',
  'node is flushed',
  'node is flushed amid writes',
  'node is flushed again and again',
  'node is out of memory',
  'node flaps',
  'node stops behind a late list',
  'a zone is lost',
  'a scale-up is undone',
]);

export class Faults {
  /** Number of faults by kind. */
  readonly counts: Partial<Record<FaultKind, number>> = {};
  readonly #scene: FaultScene;
  readonly #strikes: Readonly<Record<FaultKind, Strike>> = {
    ...nodeFaults,
    ...processFaults,
    ...memoryFaults,
    ...deployFaults,
    ...departureFaults,
    'nodes go one by one': ({ rolling }) => rolling.begin(),
  };

  constructor(stage: Stage, promises: Promises, rolling: Rolling, traffic: Traffic) {
    this.#scene = new FaultScene(stage, promises, rolling, traffic);
  }

  /** Number of completed drains. */
  get drained(): number {
    return this.#scene.drained;
  }

  /** Number of nodes stopped without a drain, after all handovers from them were finished. */
  get retired(): number {
    return this.#scene.retired;
  }

  strike({ kind, forMs }: PlannedFault): void {
    // A history that is shortened to the least that fails may plan it later.
    if (this.#scene.isHealed || this.#scene.stage.applications.length === 0) return;
    const struck = this.#strikes[kind](this.#scene, forMs);
    if (struck === undefined) return;
    if (TAKES_COPIES.has(kind)) this.#scene.rolling.disturb();
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.#scene.stage.note(() => `${kind}: ${struck}`);
  }

  /** Repairs everything, and sends all processes the same list. */
  heal(): void {
    const scene = this.#scene;
    const { network, listed, applications } = scene.stage;
    scene.stage.note(() => 'everything is healed');
    scene.isHealed = true;
    scene.stage.startAll();
    scene.rolling.disturb();
    network.cuts.clear();
    network.isolated.clear();
    network.conditions = CALM;
    for (const node of network.nodes.values()) {
      node.isFull = false;
      if (node.condition === 'paused') node.resume();
      if (node.condition === 'crashed' && listed.includes(node.id)) node.start();
    }
    // The process that drained a node may have died before the node was taken off the list: the operator does that
    // now.
    for (const id of listed) if (scene.promises.isCalledDrained(id)) scene.isDrained(id);
    for (const application of applications) {
      application.clock.goOn();
      application.listHeldBackUntil = -Infinity;
    }
    scene.tellAll();
    // Earlier announcements may still arrive later: after healing, the last one must be right.
    scene.stage.time.at(5_000, () => scene.tellAll());
  }

  stepOfFinisher(): void {
    const strike = this.#scene.atNextStep;
    this.#scene.atNextStep = undefined;
    strike?.();
  }
}
