/** `sess finish`: waits until no handover is open, and finishes handovers itself if no other client does. */
import { setTimeout as pause } from 'node:timers/promises';

import { createClient } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import { observeToChange, requireSameSettings } from '../cluster/observe-to-change.ts';
import { DONE, INTERRUPTED, NO } from '../exit-codes.ts';
import { duration, plural } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import type { CommandContext } from './command-context.ts';

export interface FinishOptions {
  /** In minutes. */
  readonly timeout: number;
}

const LOOK_MS = 250;

export async function finish(
  { output, settings, streams }: CommandContext,
  { timeout }: FinishOptions,
): Promise<number> {
  const observed = await observeToChange(settings());
  const before = observed.client.handovers.length;
  await observed.close();
  requireSameSettings(observed);
  const client = createClient(clientOptions(observed.settings, observed.copies));
  const progress = new Progress(output.progressStream);
  const until = performance.now() + 60_000 * timeout;
  try {
    await client.ready();
    for (;;) {
      const { handovers } = client;
      if (handovers.length === 0) {
        progress.end();
        output.data({ finished: before, open: [] }, () =>
          before === 0
            ? 'No handover is open.'
            : `${plural(before, 'handover')} finished: every session is where it belongs.`,
        );
        return DONE;
      }
      if (performance.now() > until) {
        progress.end();
        output.data({ finished: Math.max(0, before - handovers.length), open: handovers }, () =>
          [
            `${plural(handovers.length, 'handover')} still open after ${duration(60 * timeout)}.`,
            'A handover stays open while application servers of an earlier version run, where a node does not list its keys, or where `handover: { finish: false }` is set. It ends by itself when the sessions of before have expired.',
          ].join('\n'),
        );
        return NO;
      }
      progress.say(`${plural(handovers.length, 'handover')} open: ${handovers.map(({ phase }) => phase).join(', ')}`);
      await pause(LOOK_MS, undefined, { signal: streams.signal });
    }
  } catch (error) {
    if (!streams.signal.aborted) throw error;
    output.note('Stopped. The application servers go on with it.');
    return INTERRUPTED;
  } finally {
    progress.end();
    await client.close();
  }
}
