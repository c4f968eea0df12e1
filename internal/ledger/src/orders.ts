/**
 * What the parent tells an application process, and what that answers. The value of a session is the list of the
 * changes that made it.
 */
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
  /** From the order's arrival to its end, within the process. */
  readonly durationMs: number;
  /** The changes that were read; `null` for a session that is missing. Of a change, those that it was based on. */
  readonly found: readonly number[] | null;
  /** Why it was not done; `undefined` when it was. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Whether a node gave no answer in time: others may have had one. */
  readonly timedOut: boolean;
}

export interface ClientSettings {
  readonly copies: number;
  readonly timeoutMs: number;
  readonly historyIntervalMs: number;
  readonly clockSkewMs: number;
  readonly ttlSeconds: number;
}

/** To the process. */
export type Message =
  | { readonly kind: 'open'; readonly settings: ClientSettings; readonly nodes: readonly ClusterNode[] }
  | { readonly kind: 'list'; readonly nodes: readonly ClusterNode[] }
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  | { readonly kind: 'drain'; readonly nodeId: string };

/** From the process. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'drained'; readonly keys: number; readonly error: string | undefined };
