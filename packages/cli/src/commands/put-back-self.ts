/**
 * `sess drain --self --put-back`: a node runs it after its start. A finished drain stays in force while any client
 * lists the node, even if the node restarts.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { createClient } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import { observeToChange } from '../cluster/observe-to-change.ts';
import { DONE } from '../exit-codes.ts';
import type { CommandContext } from './command-context.ts';
import type { DrainSelfOptions } from './drain-self.ts';
import { mayPass } from './may-pass.ts';
import { selfAmong } from './own-node.ts';

const AGAIN_MS = 500;
/** A pod that has just started may not be in the DNS yet, and name servers and nodes may fail for a moment. */
const WITHIN_SECONDS = 30;

export async function putBackSelf(context: CommandContext, options: DrainSelfOptions): Promise<number> {
  const { output, streams } = context;
  const until = performance.now() + 1_000 * (options.deadline ?? WITHIN_SECONDS);
  for (;;) {
    const isLast = performance.now() > until;
    try {
      const found = await putBack(context, options.node);
      if (found !== undefined || isLast) {
        output.data({ node: found?.node ?? null, state: found === undefined ? 'unknown' : 'in rotation' }, () =>
          textOf(found),
        );
        return DONE;
      }
    } catch (error) {
      if (isLast || !mayPass(error)) throw error;
    }
    await pause(AGAIN_MS, undefined, { signal: streams.signal });
  }
}

interface Found {
  readonly node: string;
  readonly wasDrained: boolean;
}

function textOf(found: Found | undefined): string {
  if (found === undefined) return 'This machine is no node of the cluster: nothing to do.';
  return found.wasDrained ? `${found.node} is back in rotation.` : `${found.node} is not drained: nothing to do.`;
}

/** `undefined` if this machine is no node of the cluster. */
async function putBack({ settings, streams }: CommandContext, given: string | undefined): Promise<Found | undefined> {
  const observed = await observeToChange(settings());
  const node = selfAmong(observed.client, [], given, streams.env);
  const wasDrained = node !== undefined && observed.client.topology.drains.has(node);
  await observed.close();
  if (node === undefined || !wasDrained) return node === undefined ? undefined : { node, wasDrained };
  const client = createClient(clientOptions(observed.settings, observed.copies));
  try {
    await client.ready();
    await client.putBack(node);
    return { node, wasDrained };
  } finally {
    await client.close();
  }
}
