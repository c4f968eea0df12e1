/** `sess safe-to-remove`: run it right before you stop a node. */
import { observe } from '../cluster/observed-cluster.ts';
import { DONE, NO } from '../exit-codes.ts';
import type { CommandContext } from './command-context.ts';
import { nodeNamed } from './node-named.ts';

export async function safeToRemove({ output, settings, streams }: CommandContext, id: string): Promise<number> {
  const observed = await observe(settings());
  try {
    const node = nodeNamed(observed, id);
    const answer = await observed.client.safeToRemove(node, { signal: streams.signal });
    output.data({ node, ...answer }, () =>
      answer.safe ? `Yes: nothing is lost when ${node} goes.` : `No (${answer.reason}): ${answer.detail}`,
    );
    return answer.safe ? DONE : NO;
  } finally {
    await observed.close();
  }
}
