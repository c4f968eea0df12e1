/** What an error says of a node that accepts connections and does not answer the greeting. */
import { describe, expect, inject, it } from 'vitest';

import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport } from '../src/transport/transport.ts';
import { partyOfEachTest } from './party.ts';
import { OPTIONS } from './text-scripted-server.ts';

const runtimes = inject('mainRuntimes');
const party = partyOfEachTest();

async function reasonOf(node: NodeTransport): Promise<string> {
  return node.get('key').then(
    () => 'an answer',
    (error: unknown) => String(error),
  );
}

describe.each(runtimes)('a node that hangs (%s)', (runtime) => {
  it.each([
    [true, 'as before: it hangs', /did not answer the greeting within \d+ ms \(\w+\): it hangs\.$/],
    [false, 'what its options may lack', /: it hangs, or expects TLS .*, or is a proxy .*, or speaks only the binary/],
  ])('and has greeted before (%s) is reported by %s', async (hasGreeted, _, expected) => {
    const [cluster, [id = '']] = await party.startNodes(runtime, 1);
    const node = party.own(
      textTransport().open(
        cluster.nodes[0] ?? expect.unreachable(),
        { ...OPTIONS, timeoutMs: 200 },
        {
          connected: () => undefined,
          disconnected: () => undefined,
        },
      ),
      (opened) => opened.destroy(),
    );
    if (hasGreeted) expect(await reasonOf(node)).toBe('an answer');
    await cluster.pauseNode(id);
    await expect.poll(() => reasonOf(node), { timeout: 10_000, interval: 20 }).toMatch(expected);
  });
});
