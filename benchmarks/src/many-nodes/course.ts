/** What a worker is told, and what it answers. */
export interface Course {
  readonly servers: readonly string[];
  /** How many views are to be open. */
  readonly views: number;
  /** Whether this process opens them: it goes through as many lists, each without another node. */
  readonly opens: boolean;
}

export type Order = { readonly join: Course } | { readonly rest: number } | { readonly leave: true };

export interface Joined {
  /** From `createClient` until `ready()`, in milliseconds. */
  readonly readyMs: number;
}

/** A process that only waits, for a while. */
export interface Rested {
  readonly openViews: number;
  readonly sockets: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Share of one processor, 0 to 1. */
  readonly cpu: number;
  /** Bytes that its sockets read and wrote, a second. */
  readonly bytesPerSecond: number;
  /** The longest that the event loop was held, in milliseconds. */
  readonly longestTurnMs: number;
}

export type Message = { readonly joined: Joined } | { readonly rested: Rested } | { readonly failure: string };
