import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createSessions, type Sessions } from '../src/index.ts';
import { SECRET } from './visit.ts';

const SERVERS = 8;
const INCREMENTS = 400;
const [runtime = 'embedded'] = inject('mainRuntimes');
const connection = () => ({ secure: true, response: { headersSent: false } });

async function servers(copies: number): Promise<readonly Sessions[]> {
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  onTestFinished(() => cluster.close());
  const addresses = cluster.nodes.map(({ id }) => id);
  return Promise.all(
    Array.from({ length: SERVERS }, async () => {
      const client = createClient({ servers: addresses, copies, timeoutMs: 10_000 });
      onTestFinished(() => client.close());
      await client.ready();
      return createSessions({ client, secret: SECRET, onUnavailable: 'error' });
    }),
  );
}

// The increments are so close together that servers start from the same state in the same millisecond, and write the
// same bytes.
it.each(inject('long') ? [1, 2] : [2])(
  `${SERVERS} servers count in one session, as fast as they can, and every increment counts once (${runtime}, copies: %i)`,
  async (copies) => {
    const all = await servers(copies);
    const at = (index: number): Sessions => all[index % SERVERS] as Sessions;
    const first = await at(0).open(undefined, connection());
    first.current.data.visits = 0;
    await first.commit();
    const [cookie] = (first.takeCookie() ?? '').split(';');
    const counted = await Promise.all(
      Array.from({ length: INCREMENTS }, async (_, index) => {
        const { current } = await at(index).open(cookie, connection());
        return current.update((data) => (data.visits = (data.visits ?? Number.NaN) + 1));
      }),
    );
    expect(counted.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: INCREMENTS }, (_, index) => index + 1),
    );
  },
);
