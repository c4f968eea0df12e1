/**
 * The copies that are being restored by this client, or that it waits for: of each node that returned, and of each that
 * left.
 */
import { Lease } from './lease.ts';
import { Rereplication, Turns } from './rereplication.ts';
import { DepartedNode, ReturnedNode, type RereplicatingCluster, type RereplicationTask } from './rereplication-task.ts';

export class Rereplications {
  readonly #cluster: RereplicatingCluster;
  readonly #turns = new Turns();
  readonly #returned = new Map<string, AbortController>();
  readonly #departed = new Map<string, AbortController>();
  /** Departures that nothing is left to do for, by node: the moment of their agreement, milliseconds since 1970. */
  readonly #rereplicated = new Map<string, number>();
  #ended = false;

  constructor(cluster: RereplicatingCluster) {
    this.#cluster = cluster;
  }

  /** `id` is in rotation again, or is another machine than before. */
  returned(id: string): void {
    this.lost(id);
    this.#start(this.#returned, new ReturnedNode(this.#cluster, id));
  }

  /** `id` is out of reach: nothing can be put there. */
  lost(id: string): void {
    stop(this.#returned, id);
  }

  /**
   * The view may have changed: begins what it takes to make up for nodes that left, and ends what that was for nodes
   * that are back.
   */
  look(): void {
    const { rotation } = this.#cluster;
    const { departures } = rotation;
    for (const id of this.#departed.keys()) if (!departures.has(id)) stop(this.#departed, id);
    for (const id of this.#rereplicated.keys()) if (!departures.has(id)) this.#rereplicated.delete(id);
    for (const [id, { agreedAt }] of departures) {
      if (this.#departed.has(id) || agreedAt <= (this.#rereplicated.get(id) ?? 0) || rotation.isLeftToDrain(id))
        continue;
      this.#start(this.#departed, new DepartedNode(this.#cluster, id), ({ since }) =>
        this.#rereplicated.set(id, since),
      );
    }
  }

  /** All that `id` holds was carried elsewhere: leaves word of it, for when it is off the list. Never rejects. */
  async wasEmptied(id: string): Promise<void> {
    const plan = new DepartedNode(this.#cluster, id).plan();
    if (typeof plan === 'string') return;
    try {
      const lease = new Lease(this.#cluster, plan.leaseKey, plan.leaseNodes, new AbortController().signal);
      await lease.done(this.#cluster.clock.now(), plan.wordSeconds);
    } catch {
      // Then its keys are gone through once more.
    }
  }

  /** Whether copies are being restored, or will be: by this client, or by one that it waits for. */
  get isBusy(): boolean {
    return this.#returned.size > 0 || this.#departed.size > 0;
  }

  stop(): void {
    this.#ended = true;
    for (const running of [this.#returned, this.#departed]) for (const id of running.keys()) stop(running, id);
  }

  #start(
    running: Map<string, AbortController>,
    task: RereplicationTask,
    onEnd?: (rereplication: Rereplication) => void,
  ): void {
    if (this.#ended) return;
    const controller = new AbortController();
    const rereplication = new Rereplication(this.#cluster, task, this.#turns, controller.signal);
    running.set(task.node, controller);
    const ended = (): void => {
      if (running.get(task.node) !== controller) return;
      running.delete(task.node);
      onEnd?.(rereplication);
    };
    rereplication.run().then(ended, ended);
  }
}

function stop(running: Map<string, AbortController>, id: string): void {
  running.get(id)?.abort();
  running.delete(id);
}
