/** What all simulated processes sign the history with, and where it is kept then. */
import { historySeals } from '../../src/membership/history-seal.ts';

export const HISTORY_SECRET = 'the secret of all simulated processes';

const [seal] = historySeals([HISTORY_SECRET]);

export const HISTORY_KEY: string = seal?.key ?? '';
export const FENCE_KEY: string = seal?.fenceKey ?? '';
