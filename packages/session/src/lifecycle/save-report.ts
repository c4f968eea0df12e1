/** Reports the outcome of a save to its channels and to the log of outages. */
import { publish, type SaveEvent } from '../diagnostics.ts';
import { SessionError } from '../errors.ts';
import { sessionChannels, traced, type Judgement } from '../tracing.ts';
import type { Identity, SessionContext } from './session-context.ts';

/** A session whose saves are reported. */
export interface Reported {
  readonly context: SessionContext;
  readonly identity: Identity | undefined;
  /** The outcome of the last save, for tracing. */
  lastSave: Judgement;
}

/** Runs and reports a save that the application waits for. */
export function reportedSave(session: Reported, reason: SaveEvent['reason'], work: () => Promise<void>): Promise<void> {
  const told = (): Promise<void> => reportedWork(session, reason, work());
  return sessionChannels.save.hasSubscribers ? tracedSave(session, reason, told) : told();
}

/** Runs a save between the events of its tracing channel. Call it only if the channel has subscribers. */
export function tracedSave(session: Reported, reason: SaveEvent['reason'], work: () => Promise<void>): Promise<void> {
  const { store } = session.context;
  return traced({ operation: 'save', store: store.name, reason }, work, () => session.lastSave);
}

/** Reports the outcome of a save; rejects if it does. */
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
