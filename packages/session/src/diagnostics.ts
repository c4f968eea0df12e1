/**
 * Every diagnostics channel of this package (`node:diagnostics_channel`). Payloads are built only when someone listens,
 * and never hold an id, a key, a value or a secret.
 */
import { channel, type Channel } from 'node:diagnostics_channel';
import type { CommitReason } from './lifecycle/commit-decision.ts';
import type { SessionError } from './errors.ts';
import type { MissCause, Sureness } from './stores/session-store.ts';

/**
 * `sess:session:load`: the store was asked for a session: a request came with a well-signed cookie, or must see what
 * others saved meanwhile.
 */
export interface LoadEvent {
  readonly store: string;
  /** `revoked`: all sessions of its user were, or it can't be told any more that they were not. */
  readonly outcome: 'hit' | 'miss' | 'expired' | 'undecodable' | 'revoked' | 'unavailable';
  readonly error?: SessionError;
}

/**
 * `sess:session:miss`: why a load found no session, after the request has its answer. Only while somebody listens are
 * the nodes asked for it.
 */
export interface MissEvent {
  readonly store: string;
  /** `revoked`: with all sessions of its user. The others are as the store finds them. */
  readonly cause: MissCause | 'revoked';
  /** `certain`: there is no other way. `likely`: it fits, and nothing speaks against it. `possible`: one of several. */
  readonly sureness: Sureness;
  /** With `expired`, where it is known: nobody used it for so long, or it had lived for as long as any may. */
  readonly expiry?: 'idle' | 'absolute';
  /** The node that holds the evidence, or lost the session. */
  readonly node?: string;
}

/**
 * `sess:session:save`: what became of a session before the headers left, and why. `save()` and `regenerate()` have
 * reasons of their own.
 */
export interface SaveEvent {
  readonly store: string;
  readonly reason: CommitReason | 'asked' | 'regenerated';
  /** `dropped`: the session was destroyed meanwhile, so nothing was written. `skipped`: there was nothing to write. */
  readonly outcome: 'written' | 'touched' | 'skipped' | 'dropped' | 'failed';
  readonly error?: SessionError;
}

/** `sess:session:conflict`: a save found that another request had saved first. */
export interface ConflictEvent {
  readonly store: string;
  /** How many saves of this one change found that, so far. */
  readonly attempt: number;
}

/** `sess:session:destroy`: a session was ended by `destroy()` or got a new id. */
export interface DestroyEvent {
  readonly store: string;
  readonly reason: 'asked' | 'regenerated';
  /** `missing`: there was no session any more. */
  readonly outcome: 'destroyed' | 'missing' | 'failed';
  readonly error?: SessionError;
}

/** `sess:session:new-id`: the node for a new session's id was out of reach, so another id was tried. */
export interface NewIdEvent {
  readonly store: string;
  readonly attempt: number;
  readonly error: SessionError;
}

/** `sess:session:backing`: what was asked of the database behind the cache, and what became of it. */
export interface BackingEvent {
  /** The backing's name. */
  readonly backing: string;
  readonly operation: 'load' | 'save' | 'destroy' | 'touch' | 'doubt' | 'list';
  /**
   * `deferred`: it failed, and is tried again until it succeeds or the session would have ended. `lost`: it was given
   * up, because the database refuses its data, too much waited, the session's time was over or the sessions were
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

/** Publishes what `payload` makes, where someone listens. */
export function publish<Name extends keyof Payloads>(name: Name, payload: () => Payloads[Name]): void {
  const target = CHANNELS[name];
  if (target.hasSubscribers) target.publish(payload());
}

/** Whether someone listens: for what costs something before there is a message. */
export function isHeard(name: keyof Payloads): boolean {
  return CHANNELS[name].hasSubscribers;
}
