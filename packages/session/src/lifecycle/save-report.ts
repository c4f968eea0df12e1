/** Tells what became of a save: to its channels, and to the count of failures in a row. */
import { publish, type SaveEvent } from '../diagnostics.ts';
import { SessionError } from '../errors.ts';
import { sessionChannels, traced, type Judgement } from '../tracing.ts';
import type { Identity, SessionContext } from './session-context.ts';

/** A session that is saved. */
export interface Reported {
  readonly context: SessionContext;
  readonly identity: Identity | undefined;
  /** What became of the last save, for who traces it. */
  lastSave: Judgement;
}

/** A save that the application waits for. */
export function reportedSave(session: Reported, reason: SaveEvent['reason'], work: () => Promise<void>): Promise<void> {
  const told = (): Promise<void> => reportedWork(session, reason, work());
  return sessionChannels.save.hasSubscribers ? tracedSave(session, reason, told) : told();
}

/** A save, between the events of its tracing channel. For a channel that somebody listens to. */
export function tracedSave(session: Reported, reason: SaveEvent['reason'], work: () => Promise<void>): Promise<void> {
  const { store } = session.context;
  return traced({ operation: 'save', store: store.name, reason }, work, () => session.lastSave);
}

/** Tells what becomes of a save; rejects as it does. */
export async function reportedWork(session: Reported, reason: SaveEvent['reason'], work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    reportSave(session, reason, 'failed', error);
    throw error;
  }
  reportSave(session, reason, 'written');
}

export function reportSave(
  session: Reported,
  reason: SaveEvent['reason'],
  outcome: SaveEvent['outcome'],
  error?: unknown,
): void {
  const { outages, store } = session.context;
  const key = session.identity?.key ?? '';
  if (outcome === 'failed') outages.failed(key, error);
  else if (outcome === 'written' || outcome === 'touched') outages.succeeded(key);
  if (sessionChannels.save.hasSubscribers)
    session.lastSave = { result: outcome, error: outcome === 'failed' ? error : undefined };
  publish('save', () => ({
    store: store.name,
    reason,
    outcome,
    ...(SessionError.is(error) ? { error } : {}),
  }));
}
