/** What all simulated processes sign the history with, and where it is kept then. */
import { historySeals } from '../../src/history/history-seal.ts';

export const HISTORY_SECRET = 'the secret of all simulated processes';

export const HISTORY_KEY: string = historySeals([HISTORY_SECRET])[0]?.key ?? '';
