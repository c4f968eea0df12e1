/** One {@link Rereplication} per node that returned or left, done by this client or awaited. */
import { Lease } from './lease.ts';
import { Rereplication, TryLock } from './rereplication.ts';
import { DepartedNode, ReturnedNode, type RereplicatingCluster, type RereplicationTask } from './rereplication-task.ts';

export class Rereplications {
  readonly #cluster: RereplicatingCluster;
  readonly #lock = new TryLock();
  readonly #returned = new Map<string, AbortController>();
  readonly #departed = new Map<string, AbortController>();
  /** Finished departures by node: the time of their agreement, milliseconds since 1970. */
  readonly #rereplicated = new Map<string, number>();
  #ended = false;

  constructor(cluster: RereplicatingCluster) {
    this.#cluster = cluster;
  }

  /** `id` is in rotation again, or is a new machine. */
  returned(id: string): void {
    this.lost(id);
    this.#start(this.#returned, new ReturnedNode(this.#cluster, id));
  }

  /** `id` is out of reach: nothing can be stored there. */
  lost(id: string): void {
    stop(this.#returned, id);
  }

  /**
   * Call it when the view may have changed: starts rereplication for nodes that left, and stops it for nodes that are
   * back.
   */
  viewChanged(): void {
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

  /** All records of `id` are on other nodes: stores a completion record, for when it leaves the list. Never rejects. */
  async wasEmptied(id: string): Promise<void> {
    const plan = new DepartedNode(this.#cluster, id).plan();
    if (typeof plan === 'string') return;
    try {
      const lease = new Lease(this.#cluster, plan.leaseKey, plan.leaseNodes, new AbortController().signal);
      await lease.done(this.#cluster.clock.now(), plan.completionSeconds);
    } catch {
      // Its keys are processed once more.
    }
  }

  /** Whether rereplication is running or pending, by this client or one that it waits for. */
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
    const rereplication = new Rereplication(this.#cluster, task, this.#lock, controller.signal);
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
