import type { Discovery, Topology, Watch } from '@sess/discovery';

/** How to open and close a library's client for a list of servers. */
export interface ClientKind<C> {
  /** For error messages. */
  readonly library: string;
  /** @param servers `address:port` of each. */
  open(servers: readonly string[]): C;
  close(client: C): void;
  /** Timeout of a request in milliseconds: a request that the library lost track of never settles. */
  readonly giveUpMs: number;
}

/** One client for one node list, and the number of its pending requests. */
interface Generation<C> {
  readonly client: C;
  readonly nodes: readonly string[];
  pending: number;
  retired: boolean;
}

/**
 * Follows a changing cluster with a library that takes a fixed list, the way applications do: opens a new client for
 * each list.
 */
export class ClientPerList<C> {
  readonly #kind: ClientKind<C>;
  readonly #watch: Watch;
  #current: Generation<C> | undefined;

  constructor(kind: ClientKind<C>, discovery: Discovery) {
    this.#kind = kind;
    this.#watch = discovery.watch({
      topology: (topology) => this.#replace(topology),
      // The last good list stays in force; `ready` rejects if the first look failed.
      error: () => undefined,
    });
  }

  async ready(): Promise<void> {
    await this.#watch.ready();
  }

  /** Ids of the current nodes. */
  get nodes(): readonly string[] {
    return this.#current?.nodes ?? [];
  }

  /** Runs one request on the current client. Rejects with the library's error, or after the timeout. */
  async request<T>(send: (client: C) => Promise<T>): Promise<T> {
    const generation = this.#current;
    if (generation === undefined) throw new Error('no node list is known yet');
    generation.pending += 1;
    try {
      return await this.#withinTime(send(generation.client));
    } finally {
      generation.pending -= 1;
      this.#closeWhenIdle(generation);
    }
  }

  close(): void {
    this.#watch.close();
    if (this.#current !== undefined) this.#retire(this.#current);
    this.#current = undefined;
  }

  #replace(topology: Topology): void {
    const servers = topology.nodes.map((node) => `${node.address ?? node.host}:${node.port}`);
    const former = this.#current;
    this.#current = {
      client: this.#kind.open(servers),
      nodes: topology.nodes.map((node) => node.id),
      pending: 0,
      retired: false,
    };
    if (former !== undefined) this.#retire(former);
  }

  #retire(generation: Generation<C>): void {
    generation.retired = true;
    this.#closeWhenIdle(generation);
  }

  /** Closes a retired client only when it has no pending request: a closed client may never settle one. */
  #closeWhenIdle(generation: Generation<C>): void {
    if (generation.retired && generation.pending === 0) this.#kind.close(generation.client);
  }

  async #withinTime<T>(answer: Promise<T>): Promise<T> {
    const { library, giveUpMs } = this.#kind;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${library} did not settle the request within ${giveUpMs} ms`)),
        giveUpMs,
      );
    });
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
