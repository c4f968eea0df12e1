/** `sess watch --web`: the cluster as a page in a browser, until Ctrl-C. */
import { once } from 'node:events';

import { DONE } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';
import { openPicture, type OpenPicture } from '../web/open-picture.ts';
import type { CommandContext } from './command-context.ts';

export interface WatchWebOptions {
  readonly intervalSeconds: number;
  readonly port: number | undefined;
}

export async function watchWeb(
  { output, settings, streams }: CommandContext,
  { intervalSeconds, port }: WatchWebOptions,
): Promise<number> {
  const { signal } = streams;
  const page = await openOrSay(
    () => openPicture({ settings: settings(), port, intervalMs: 1_000 * intervalSeconds }),
    port,
  );
  try {
    output.data({ url: page.url }, () => page.url);
    output.note('Open this address in a browser on this machine; whoever has it sees the page. Ctrl-C ends it.');
    if (!signal.aborted) await once(signal, 'abort');
    return DONE;
  } finally {
    await page.close();
  }
}

async function openOrSay(open: () => Promise<OpenPicture>, port: number | undefined): Promise<OpenPicture> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new UsageError(
        `Port ${port} on 127.0.0.1 is in use: give another one, or leave --port out for a free one.`,
      );
    throw error;
  }
}
