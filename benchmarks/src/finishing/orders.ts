/** What an application process is told, and what it answers. */
export type Order =
  | { readonly join: Membership }
  /** Another list of nodes. */
  | { readonly list: readonly string[] }
  /** As many sessions. */
  | { readonly fill: number }
  /** Visits begin: so many a second, of as many sessions. */
  | { readonly visit: { readonly perSecond: number; readonly sessions: number } }
  /** What was measured since the last time. */
  | { readonly measured: true }
  /** In which phases earlier lists are. */
  | { readonly phases: true }
  | { readonly leave: true };

export interface Membership {
  readonly servers: readonly string[];
  /** Whether this process finishes handovers. */
  readonly finish: boolean;
  /** Keys of a node a second at most. */
  readonly keysPerSecond: number;
}

/** A while of visits. */
export interface Measured {
  readonly seconds: number;
  readonly reads: Latencies;
  readonly saves: Latencies;
  /** By code; a session that was missing counts as `missing`. */
  readonly failed: Readonly<Record<string, number>>;
  /** That the sockets of the process read and wrote. */
  readonly bytes: number;
  readonly mostResidentBytes: number;
}

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export type Message =
  | { readonly done: true }
  | { readonly measured: Measured }
  | { readonly phases: readonly string[] }
  | { readonly failure: string }
  /** Unasked: how finishing goes. */
  | { readonly handover: HandoverNews };

export interface HandoverNews {
  readonly phase: string;
  readonly keys: number;
  readonly carried: number;
}
