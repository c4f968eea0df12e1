import type { MissEvent } from '@sess/session';
import type { NodeSource } from './node-source.ts';

/** What the lab and an app process tell each other, over the channel that `fork` opens between them. */
export type ToApp =
  /** In the place of the app that ran in the process before. */
  | { readonly type: 'start'; readonly config: AppConfig }
  /** Ends the app; the process stays. */
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'drain'; readonly id: number; readonly node: string };

export type FromApp =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly message: string; readonly code: string | undefined }
  /** To everything that carries an `id`: done, or why not. */
  | { readonly type: 'answer'; readonly id: number; readonly status: AppStatus; readonly error: string | undefined };

export type Framework = 'fastify' | 'koa';

/** What an app keeps its sessions with. */
export type StoreName = 'sess-client' | 'memjs' | 'memcached' | 'memcache';

/** The protocol that the strategies of this project speak: the built-in text transport, or memjs (binary). */
export type TransportName = 'text' | 'memjs';

/** Everything an app process is told at its start. */
export interface AppConfig {
  readonly framework: Framework;
  readonly store: StoreName;
  readonly nodes: NodeSource;
  /** Signs the cookies; the same for all processes, so that they share sessions. */
  readonly secret: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Nodes that hold each session. */
  readonly copies: number;
  readonly transport: TransportName;
  /** URL of the database behind the nodes; `undefined` for none. */
  readonly database: string | undefined;
  /** Milliseconds between two looks at the endpoint. */
  readonly pollIntervalMs: number;
}

/** What an app process knows of the cluster at this moment. */
export interface AppStatus {
  /** Ids of the nodes that it routes to, in the order in which it was told. */
  readonly nodes: readonly string[];
  /** Ids of those that it holds for down. */
  readonly down: readonly string[];
  /** Ids of nodes that left, and whose copies this process has restored; `undefined` where nobody restores any. */
  readonly restored: readonly string[] | undefined;
  /** Earlier node lists whose handover is not finished; `undefined` where none is ever finished before sessions end. */
  readonly handovers: number | undefined;
  /** Why sessions were missed, since the app began; none where the library can't tell. */
  readonly misses: readonly MissCount[];
}

export interface MissCount {
  /** The node that holds the evidence, or lost the session; `unknown` where nobody can tell. */
  readonly node: string;
  readonly cause: MissEvent['cause'];
  /** Whether the app knew the session: otherwise the cause is one of several that are possible. */
  readonly isSure: boolean;
  readonly count: number;
}
