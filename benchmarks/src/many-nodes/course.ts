/** What a worker has to do after it joins. */
export interface Course {
  readonly servers: readonly string[];
  /** Number of earlier views to keep open. */
  readonly views: number;
  /** Whether this process opens the views: it uses that many lists in turn, each without another node. */
  readonly opens: boolean;
}

export type Order = { readonly join: Course } | { readonly rest: number } | { readonly leave: true };

export interface Joined {
  /** From `createClient` until `ready()`, in milliseconds. */
  readonly readyMs: number;
}

/** The figures of an idle process over a period. */
export interface Rested {
  readonly openViews: number;
  readonly sockets: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Share of one processor, 0 to 1. */
  readonly cpu: number;
  /** Bytes per second that its sockets read and wrote. */
  readonly bytesPerSecond: number;
  /** The longest delay of the event loop, in milliseconds. */
  readonly longestTurnMs: number;
}

export type Message = { readonly joined: Joined } | { readonly rested: Rested } | { readonly failure: string };
