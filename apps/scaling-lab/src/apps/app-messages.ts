import type { MissEvent } from '@sess/session';
import type { NodeSource } from './node-source.ts';

/** The messages from the lab to an app process, over the channel of `fork`. */
export type ToApp =
  /** Replaces the app that ran in the process before. */
  | { readonly type: 'start'; readonly config: AppConfig }
  /** Ends the app; the process stays. */
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'drain'; readonly id: number; readonly node: string };

export type FromApp =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly message: string; readonly code: string | undefined }
  /** The answer to each message with an `id`: done, or the error. */
  | { readonly type: 'answer'; readonly id: number; readonly status: AppStatus; readonly error: string | undefined };

export type Framework = 'fastify' | 'koa';

/** The library with which an app stores its sessions. */
export type StoreName = 'sess-client' | 'memjs' | 'memcached' | 'memcache';

/** The transport of this project's strategies: the built-in one (text protocol), or memjs (binary). */
export type TransportName = 'text' | 'memjs';

/** The configuration of an app. */
export interface AppConfig {
  readonly framework: Framework;
  readonly store: StoreName;
  readonly nodes: NodeSource;
  /** Secret that signs the cookies; the same for all processes, so that they share sessions. */
  readonly secret: string;
  /** Port of the app. 0: any free one. */
  readonly port: number;
  /** Nodes that hold each session. */
  readonly copies: number;
  readonly transport: TransportName;
  /** URL of the database behind the nodes; `undefined` for none. */
  readonly database: string | undefined;
  /** Milliseconds between two polls of the endpoint. */
  readonly pollIntervalMs: number;
}

/** An app's current view of the cluster. */
export interface AppStatus {
  /** Ids of the nodes that it routes to, in the order of its list. */
  readonly nodes: readonly string[];
  /** Ids of the nodes that it considers down. */
  readonly down: readonly string[];
  /** Ids of departed nodes whose copies this process has restored; `undefined` if its client restores none. */
  readonly restored: readonly string[] | undefined;
  /** Number of open handovers; `undefined` if its client never finishes handovers before the sessions expire. */
  readonly handovers: number | undefined;
  /** The missed sessions since the app started, by cause; empty if the library does not report causes. */
  readonly misses: readonly MissCount[];
}

export interface MissCount {
  /** The node that has the evidence or lost the session; `unknown` if the app can't tell. */
  readonly node: string;
  readonly cause: MissEvent['cause'];
  /** Whether the cause is certain or likely; otherwise it is one of several possible causes. */
  readonly isSure: boolean;
  readonly count: number;
}
