/** An order to an application process. */
export type Order =
  | { readonly join: Membership }
  /** Use this list of nodes. */
  | { readonly list: readonly string[] }
  /** Create this many sessions. */
  | { readonly fill: number }
  /** Start visits: their rate, and the number of sessions that they visit. */
  | { readonly visit: { readonly perSecond: number; readonly sessions: number } }
  /** Report what was measured since the last report. */
  | { readonly measured: true }
  /** Report the phases of the open handovers. */
  | { readonly phases: true }
  | { readonly leave: true };

export interface Membership {
  readonly servers: readonly string[];
  /** Whether this process finishes handovers. */
  readonly finish: boolean;
  /** Most keys per second and node. */
  readonly keysPerSecond: number;
}

/** The results of visits over a period. */
export interface Measured {
  readonly seconds: number;
  readonly reads: Latencies;
  readonly saves: Latencies;
  /** Failures by error code; `missing` counts missing sessions. */
  readonly failed: Readonly<Record<string, number>>;
  /** Bytes that the sockets of the process read and wrote. */
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
  /** Sent without an order: the progress of finishing. */
  | { readonly handover: HandoverNews };

export interface HandoverNews {
  readonly phase: string;
  readonly keys: number;
  readonly carried: number;
}
