declare module 'hashring' {
  /** The cache interface that `hashring` uses. */
  interface Cache {
    get(key: string): string | undefined;
    set(key: string, server: string): void;
  }

  export default class HashRing {
    constructor(
      servers: readonly string[],
      algorithm: string,
      options: { 'max cache size'?: number; 'default port'?: number },
    );
    cache: Cache;
    get(key: string): string;
    hash(key: string): Buffer;
  }
}

declare module 'consistent-hash' {
  export default class ConsistentHash {
    add(node: string): this;
    get(key: string): string;
  }
}
