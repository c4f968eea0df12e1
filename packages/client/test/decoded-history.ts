import type { Placement } from '../src/membership/history.ts';
import { decodeHistory as decodeInSteps, type Decoded } from '../src/membership/history-codec.ts';
import type { HistorySeal } from '../src/membership/history-seal.ts';

/** Decodes a history in one step. */
export function decodeHistory(
  bytes: Buffer,
  seal: HistorySeal,
  now: number,
  defaults: Omit<Placement, 'nodes'>,
): Decoded {
  const decoding = decodeInSteps(bytes, seal, now, defaults);
  for (;;) {
    const step = decoding.next();
    if (step.done === true) return step.value;
  }
}
