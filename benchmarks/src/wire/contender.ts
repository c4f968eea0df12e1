/** One client library, opened over a list of nodes. The driver treats all alike. */
export interface Contender {
  /** Resolves to a value for a hit; rejects, or resolves to nothing, for a miss. */
  get(key: string): Promise<unknown>;
  set(key: string, value: Buffer): Promise<unknown>;
  close(): Promise<void> | void;
}

export interface ContenderModule {
  /** `servers` are `host:port`. */
  open(servers: readonly string[]): Promise<Contender>;
}

export const TTL_SECONDS = 3600;
