/** `sess drain`: takes a node out of rotation and copies what it holds to its owners. */
import { createClient, SessClientError, type DrainProgress } from '@sess/client';

import { clientOptions } from '../cluster/observed-cluster.ts';
import { observeToChange, requireSameSettings } from '../cluster/observe-to-change.ts';
import { itemsOn } from '../cluster/node-report.ts';
import { DONE, INTERRUPTED } from '../exit-codes.ts';
import { count, duration, percent, plural } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import type { CommandContext } from './command-context.ts';
import { nodeNamed } from './node-named.ts';

export interface DrainCommandOptions {
  readonly keysPerSecond?: number | undefined;
  readonly untilExpired?: boolean | undefined;
  readonly putBack?: boolean | undefined;
}

export async function drain(context: CommandContext, id: string, options: DrainCommandOptions): Promise<number> {
  const { output, settings, streams } = context;
  const observed = await observeToChange(settings());
  const node = nodeNamed(observed, id);
  const items = await itemsOn(observed.nodes.get(node));
  await observed.close();
  requireSameSettings(observed);
  const client = createClient(clientOptions(observed.settings, observed.copies));
  const progress = new Progress(output.progressStream);
  try {
    await client.ready();
    if (options.putBack === true) {
      await client.putBack(node);
      output.data({ node, state: 'in rotation' }, () => `${node} is back in rotation.`);
      return DONE;
    }
    const pace = new Pace(items);
    const done = await client.drain(node, {
      signal: streams.signal,
      ...(options.keysPerSecond !== undefined && { keysPerSecond: options.keysPerSecond }),
      untilExpired: options.untilExpired,
      onProgress: (now) => progress.say(pace.text(node, now)),
    });
    progress.end();
    output.data({ node, state: 'drained', keys: done.keys, carried: done.carried }, () =>
      [
        options.untilExpired === true
          ? `${node} is drained: what was in use is on other nodes, and the rest has expired.`
          : `${node} is drained: ${plural(done.keys, 'key')} looked at, ${count(done.carried)} brought to other nodes.`,
        'Take it off the list, then stop it. `sess safe-to-remove` says whether that still holds.',
      ].join('\n'),
    );
    return DONE;
  } catch (error) {
    progress.end();
    if (!streams.signal.aborted || !SessClientError.is(error)) throw error;
    output.error('SESS_ABORTED', `Stopped. ${node} is in rotation; nothing is lost. Drain it again when you like.`);
    return INTERRUPTED;
  } finally {
    progress.end();
    await client.close();
  }
}

/** Keys processed, the rate, and the estimated time left. */
class Pace {
  readonly #items: number | undefined;
  #startedAt: number | undefined;

  constructor(items: number | undefined) {
    this.#items = items;
  }

  text(node: string, { phase, keys, carried, agreedInMs, expiredInMs }: DrainProgress): string {
    if (phase === 'agreeing')
      return `${node}: waiting until every client acts without it, ${duration(Math.ceil(agreedInMs / 1_000))} yet`;
    if (phase === 'expiring')
      return `${node}: not written to any more; all that is only there has expired in ${duration(Math.ceil(expiredInMs / 1_000))}`;
    this.#startedAt ??= performance.now();
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const rate = seconds > 0 ? keys / seconds : 0;
    const left = this.#items === undefined || rate === 0 ? undefined : Math.max(0, this.#items - keys) / rate;
    return [
      `${node}: ${count(keys)}${this.#items === undefined ? '' : ` of about ${count(this.#items)}`} keys`,
      ...(this.#items === undefined || this.#items === 0 ? [] : [percent(Math.min(1, keys / this.#items))]),
      `${count(carried)} carried`,
      ...(rate > 0 ? [`${count(Math.round(rate))} a second`] : []),
      ...(left === undefined ? [] : [`${duration(Math.ceil(left))} left`]),
    ].join(', ');
  }
}
