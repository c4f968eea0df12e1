import { ClusterNode } from '../cluster-node.ts';
import type { NodeState } from '../local-cluster.ts';
import type { NodeRunner } from '../runtime/node-runner.ts';
import { onFreeAddress } from './loopback-addresses.ts';

/** The values of `CacheNodeStatus` in the API. */
export type CacheNodeStatus = 'available' | 'creating' | 'deleting' | 'rebooting' | 'replacing';

/** One node of the cluster. It keeps its name and port; each start gives it another address. */
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

  /** The current address; `undefined` before the first start. */
  get address(): string | undefined {
    return this.#server?.host;
  }

  get state(): NodeState {
    return this.#server?.state ?? 'crashed';
  }

  /** Starts an empty server at a new address. The previous server must have ended. */
  async start(): Promise<void> {
    const server = await onFreeAddress(async (host) => {
      const made = new ClusterNode(this.#runner, { host, port: this.port });
      await made.start();
      return made;
    });
    this.#server = server;
  }

  /** Restarts the server, empty, at the same address. */
  async restart(): Promise<void> {
    await this.#server?.kill();
    await this.#server?.start();
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
  }
}
