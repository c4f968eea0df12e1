import type { Discovery, Topology, Watch } from '@sess/discovery';
import memjs, { type Client } from 'memjs';
import { ANSWER_TIMEOUT_MS } from './session-backend.ts';

/** memjs makes two attempts, with a pause of 200 ms between them. A reply that it lost track of never comes, hence a bound of our own. */
const GIVE_UP_MS = 2 * ANSWER_TIMEOUT_MS + 1_000;

/** One memjs client over one node list, and how many of its requests are under way. */
interface Generation {
  readonly client: Client;
  readonly nodes: readonly string[];
  pending: number;
  retired: boolean;
}

/**
 * memjs the way applications follow a changing cluster with it: a client over the list, and a new client whenever the list changes. memjs
 * itself routes by `hash(key) % servers`.
 */
export class MemjsCluster {
  readonly #watch: Watch;
  #current: Generation | undefined;

  constructor(discovery: Discovery) {
    this.#watch = discovery.watch({
      topology: (topology) => this.#replace(topology),
      // The last good list stays in force; `ready` tells of a first look that failed.
      error: () => undefined,
    });
  }

  async ready(): Promise<void> {
    await this.#watch.ready();
  }

  get nodes(): readonly string[] {
    return this.#current?.nodes ?? [];
  }

  /** Runs one request on the client of the moment. Rejects with what memjs says, or after {@link GIVE_UP_MS}. */
  async request<T>(send: (client: Client) => Promise<T>): Promise<T> {
    const generation = this.#current;
    if (generation === undefined) throw new Error('no node list is known yet');
    generation.pending += 1;
    try {
      return await withinTime(send(generation.client));
    } finally {
      generation.pending -= 1;
      closeWhenIdle(generation);
    }
  }

  close(): void {
    this.#watch.close();
    if (this.#current !== undefined) retire(this.#current);
    this.#current = undefined;
  }

  #replace(topology: Topology): void {
    const nodes = topology.nodes.map((node) => `${node.address ?? node.host}:${node.port}`);
    const former = this.#current;
    const client = memjs.Client.create(nodes.join(','), { timeout: ANSWER_TIMEOUT_MS / 1_000, logger: { log: () => undefined } });
    this.#current = { client, nodes: topology.nodes.map((node) => node.id), pending: 0, retired: false };
    if (former !== undefined) retire(former);
  }
}

function retire(generation: Generation): void {
  generation.retired = true;
  closeWhenIdle(generation);
}

/** A closed memjs client never settles what is under way, so it is closed when nothing is. */
function closeWhenIdle(generation: Generation): void {
  if (generation.retired && generation.pending === 0) generation.client.close();
}

async function withinTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`memjs did not settle the request within ${GIVE_UP_MS} ms`)), GIVE_UP_MS);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
