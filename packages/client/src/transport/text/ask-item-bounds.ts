import { SessClientError } from '../../errors.ts';
import { itemBoundsIn, type ItemBounds } from '../item-bounds.ts';
import { askStats } from './ask-stats.ts';
import type { ListingSettings } from './list-keys.ts';

export interface Asking {
  /** `undefined` if the node does not answer in time or has no such setting. Never rejects. */
  readonly answer: Promise<ItemBounds | undefined>;
  /** Ends the question at once. */
  end(): void;
}

/** Share of `timeoutMs`; the rest is for the request that waits. */
const TIMEOUT_SHARE = 0.5;

/** Asks a node for its settings, on a connection of its own. */
export function askItemBounds(settings: ListingSettings): Asking {
  const { node, options } = settings;
  const question = askStats(
    settings,
    'settings',
    Math.min(options.connectTimeoutMs, TIMEOUT_SHARE * options.timeoutMs),
  );
  return {
    answer: question.answer.then(itemBoundsIn, () => undefined),
    end: () => question.end(new SessClientError('SESS_CLOSED', 'The question was ended.', { node: node.id })),
  };
}
