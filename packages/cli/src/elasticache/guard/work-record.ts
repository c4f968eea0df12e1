import type { Client } from '@sess/client';

/** What guards drained, so that the next one goes on, and no guard takes back what a person drained. */
export interface GuardWork {
  /** Cache node ids that are drained to be removed. */
  readonly removing: readonly string[];
  /** That are drained because AWS will replace them, by cache node id. */
  readonly replacing: Readonly<Record<string, Replacement>>;
  /** The last ones of the list, kept empty. */
  readonly preDrained: readonly string[];
}

export interface Replacement {
  /** Of the announcement, milliseconds since 1970. The same one is not acted on twice. */
  readonly announcedAt: number;
  /** Where the node was; it is replaced when it is elsewhere. */
  readonly address: string | undefined;
  /** It was replaced, and is in rotation again. */
  readonly isDone: boolean;
}

const NO_WORK: GuardWork = { removing: [], replacing: {}, preDrained: [] };

/**
 * As long as no guard runs. Not longer: for as long as the longest time to live, earlier nodes may be asked where a
 * handover can't be finished.
 */
const TTL_SECONDS = 86_400;

export class WorkRecord {
  readonly #client: Client;
  readonly #key: string;

  constructor(client: Client, clusterId: string) {
    this.#client = client;
    this.#key = `sess-guard/${clusterId}/work`;
  }

  async read(): Promise<GuardWork> {
    const found = await this.#client.get(this.#key);
    return found === undefined ? NO_WORK : parse(found.value.toString());
  }

  /** It lives on, as long as a guard runs. */
  async keep(): Promise<void> {
    await this.#client.touch(this.#key, TTL_SECONDS);
  }

  /** Only the holder of the lease writes it. */
  async write(work: GuardWork): Promise<void> {
    await this.#client.set(this.#key, JSON.stringify(work), { ttlSeconds: TTL_SECONDS });
  }
}

/** Anything else under the key is no work. */
function parse(text: string): GuardWork {
  try {
    const { removing, replacing, preDrained } = JSON.parse(text) as Partial<GuardWork>;
    return {
      removing: Array.isArray(removing) ? removing.map(String) : [],
      replacing: replacing ?? {},
      preDrained: Array.isArray(preDrained) ? preDrained.map(String) : [],
    };
  } catch {
    return NO_WORK;
  }
}
