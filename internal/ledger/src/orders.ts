/** The messages between the parent and an application process. A session's value is the list of its changes. */
import type { ClusterNode } from '@sess/discovery';

export type Work = 'create' | 'change' | 'read' | 'touch' | 'destroy';

export interface Order {
  readonly number: number;
  readonly work: Work;
  readonly key: string;
  /** The number of the change, for `create` and `change`. */
  readonly change: number;
}

export interface Answer {
  readonly number: number;
  /** Time from the order's arrival to its end, in the process. */
  readonly durationMs: number;
  /** The changes read, `null` for a miss; for a change, those it was based on. */
  readonly found: readonly number[] | null;
  /** Error code; `undefined` if the order succeeded. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Whether a node did not answer in time: it may have answered other processes. */
  readonly timedOut: boolean;
}

export interface ClientSettings {
  readonly copies: number;
  readonly timeoutMs: number;
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
  readonly ttlSeconds: number;
}

/** Messages to the process. */
export type Message =
  | { readonly kind: 'open'; readonly settings: ClientSettings; readonly nodes: readonly ClusterNode[] }
  | { readonly kind: 'list'; readonly nodes: readonly ClusterNode[] }
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  | { readonly kind: 'drain'; readonly nodeId: string };

/** Messages from the process. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'drained'; readonly keys: number; readonly error: string | undefined };
