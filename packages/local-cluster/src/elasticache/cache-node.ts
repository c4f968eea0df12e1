import { ClusterNode } from '../cluster-node.ts';
import type { NodeState } from '../local-cluster.ts';
import type { NodeRunner } from '../runtime/node-runner.ts';
import { onFreeAddress } from './loopback-addresses.ts';

/** As `CacheNodeStatus` says it. */
export type CacheNodeStatus = 'available' | 'creating' | 'deleting' | 'rebooting' | 'replacing';

/** One node of the cluster: its name and port stay, its address is of one life. */
export class CacheNode {
  /** `0001`, `0002`, … */
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly zone: string;
  readonly createdAt: Date = new Date();
  status: CacheNodeStatus = 'creating';
  readonly #runner: NodeRunner;
  #server: ClusterNode | undefined;

  constructor(runner: NodeRunner, place: Pick<CacheNode, 'id' | 'name' | 'port' | 'zone'>) {
    this.#runner = runner;
    this.id = place.id;
    this.name = place.name;
    this.port = place.port;
    this.zone = place.zone;
  }

  /** Where it is now; `undefined` before it was started for the first time. */
  get address(): string | undefined {
    return this.#server?.host;
  }

  get state(): NodeState {
    return this.#server?.state ?? 'crashed';
  }

  /** Starts an empty server at an address of its own. The one before it has ended. */
  async start(): Promise<void> {
    const server = await onFreeAddress(async (host) => {
      const made = new ClusterNode(this.#runner, { host, port: this.port });
      await made.start();
      return made;
    });
    this.#server = server;
  }

  /** Starts it again, empty, where it was. */
  async restart(): Promise<void> {
    await this.#server?.kill();
    await this.#server?.start();
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
  }
}
