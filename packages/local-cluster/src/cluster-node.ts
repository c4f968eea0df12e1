import { LocalClusterError } from './errors.ts';
import type { LocalNode, NodeState } from './local-cluster.ts';
import type { NodeAddress, NodeRunner, RunningNode } from './runtime/node-runner.ts';

/** A listed node. It may crash and restart, always on the same port. */
export class ClusterNode {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly #weight: number | undefined;
  readonly #runner: NodeRunner;
  #life: RunningNode | undefined;
  #state: NodeState = 'crashed';

  constructor(runner: NodeRunner, { host, port }: NodeAddress, weight?: number) {
    this.#runner = runner;
    this.#weight = weight;
    this.host = host;
    this.port = port;
    this.id = `${this.host}:${port}`;
  }

  get state(): NodeState {
    return this.#state;
  }

  describe(): LocalNode {
    const { id, host, port, state } = this;
    return this.#weight === undefined ? { id, host, port, state } : { id, host, port, state, weight: this.#weight };
  }

  async start(): Promise<void> {
    // A late report of a death must not mark the next life as crashed.
    let dead = false;
    const life = await this.#runner.start(this, () => {
      dead = true;
      if (this.#life === life) this.#end();
    });
    if (dead)
      throw new LocalClusterError(
        'SESS_START_FAILED',
        `node ${this.id} ended as soon as it had started; start it again`,
      );
    this.#life = life;
    this.#state = 'running';
  }

  /** Kills the node in any state. */
  async kill(): Promise<void> {
    const life = this.#life;
    this.#end();
    await life?.kill();
  }

  async pause(): Promise<void> {
    if (this.#state === 'paused') return;
    await this.#alive('pause').pause();
    this.#state = 'paused';
  }

  async resume(): Promise<void> {
    if (this.#state === 'running') return;
    await this.#alive('resume').resume();
    this.#state = 'running';
  }

  #end(): void {
    this.#life = undefined;
    this.#state = 'crashed';
  }

  #alive(verb: string): RunningNode {
    if (this.#life) return this.#life;
    throw new LocalClusterError('SESS_NODE_STATE', `can't ${verb} node ${this.id}: it has crashed; restart it first`);
  }
}
