/**
 * Every diagnostics channel of this package (`node:diagnostics_channel`). Payloads are built only if the channel has
 * subscribers, and never hold an id, a key, a value or a secret.
 */
import { channel, type Channel } from 'node:diagnostics_channel';
import type { CommitReason } from './lifecycle/commit-decision.ts';
import type { SessionError } from './errors.ts';
import type { MissCause, Certainty } from './stores/session-store.ts';

/**
 * `sess:session:load`: a session was loaded, because a request brought a validly signed cookie or needs what others
 * saved meanwhile.
 */
export interface LoadEvent {
  readonly store: string;
  /** `revoked`: all sessions of its user were revoked, or the record that would prove otherwise is lost. */
  readonly outcome: 'hit' | 'miss' | 'expired' | 'undecodable' | 'revoked' | 'unavailable';
  readonly error?: SessionError;
}

/**
 * `sess:session:miss`: why a load found no session. The request does not wait for it, and the nodes are asked for the
 * cause only if the channel has subscribers.
 */
export interface MissEvent {
  readonly store: string;
  /** `revoked`: with all sessions of its user. The store finds the other causes. */
  readonly cause: MissCause | 'revoked';
  /** `certain`: the only explanation. `likely`: fits, and nothing contradicts it. `possible`: one of several. */
  readonly certainty: Certainty;
  /** With `expired`, if known: which timeout ended the session. */
  readonly expiry?: 'idle' | 'absolute';
  /** The node that has the evidence or lost the session. */
  readonly node?: string;
}

/**
 * `sess:session:save`: the outcome of saving a session, and why it was saved or not. `asked`: by `save()`, `update()`
 * or `revokeOthers()`. `regenerated`: by `regenerate()`.
 */
export interface SaveEvent {
  readonly store: string;
  readonly reason: CommitReason | 'asked' | 'regenerated';
  /**
   * `dropped`: the session was gone, so nothing was written or touched: another request destroyed it, it expired, or
   * the store evicted it. `skipped`: there was nothing to write.
   */
  readonly outcome: 'written' | 'touched' | 'skipped' | 'dropped' | 'failed';
  readonly error?: SessionError;
}

/** `sess:session:conflict`: another request saved first, so this save has to retry. */
export interface ConflictEvent {
  readonly store: string;
  /** How many attempts to save this change have failed so far. */
  readonly attempt: number;
}

/** `sess:session:destroy`: `destroy()` ended a session, or `regenerate()` gave it a new id. */
export interface DestroyEvent {
  readonly store: string;
  readonly reason: 'asked' | 'regenerated';
  /** `missing`: the session did not exist any more. */
  readonly outcome: 'destroyed' | 'missing' | 'failed';
  readonly error?: SessionError;
}

/** `sess:session:new-id`: the node for a new session's id is out of reach, so another id is tried. */
export interface NewIdEvent {
  readonly store: string;
  readonly attempt: number;
  readonly error: SessionError;
}

/** `sess:session:backing`: an operation on the database behind the cache, and its outcome. */
export interface BackingEvent {
  /** The backing's name. */
  readonly backing: string;
  readonly operation: 'load' | 'save' | 'destroy' | 'touch' | 'doubt' | 'list';
  /**
   * `deferred`: it failed, and is retried until it succeeds or the session would have ended. `lost`: it was given up,
   * because the database refuses the data, too many writes waited, the session's time was over or the sessions were
   * closed; the database does not have it.
   */
  readonly outcome: 'done' | 'failed' | 'deferred' | 'lost';
  readonly error?: SessionError;
}

interface Payloads {
  load: LoadEvent;
  miss: MissEvent;
  save: SaveEvent;
  conflict: ConflictEvent;
  destroy: DestroyEvent;
  'new-id': NewIdEvent;
  backing: BackingEvent;
}

const CHANNELS: { readonly [Name in keyof Payloads]: Channel } = {
  load: channel('sess:session:load'),
  miss: channel('sess:session:miss'),
  save: channel('sess:session:save'),
  conflict: channel('sess:session:conflict'),
  destroy: channel('sess:session:destroy'),
  'new-id': channel('sess:session:new-id'),
  backing: channel('sess:session:backing'),
};

/** Publishes the result of `payload` if the channel has subscribers. */
export function publish<Name extends keyof Payloads>(name: Name, payload: () => Payloads[Name]): void {
  const target = CHANNELS[name];
  if (target.hasSubscribers) target.publish(payload());
}

/** Whether the channel has subscribers: for work that is needed only to build a message. */
export function isHeard(name: keyof Payloads): boolean {
  return CHANNELS[name].hasSubscribers;
}
