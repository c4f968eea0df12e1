/** The output for CloudWatch, with real nodes. */
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { createSessions } from '@sess/session';
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';

import { PUBLISHED, publishToCloudWatch } from '../src/index.ts';

const [runtime = 'embedded'] = inject('mainRuntimes');
const SECRET = 'SECRET-that-nobody-may-see-in-metrics';

// The library reads it when it is loaded: otherwise it asks the network where it runs.
beforeAll(() => void (process.env['AWS_EMF_ENVIRONMENT'] = 'Local'));

interface Event {
  /** What the format says of the event. */
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

describe('publishToCloudWatch', () => {
  it('writes what happened to sessions in the embedded metric format, and no id, key or secret', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
    onTestFinished(() => void vi.restoreAllMocks());
    await using cluster = await startLocalCluster({ nodes: 2, runtime });
    await using client = createClient({ servers: cluster.nodes.map(({ id }) => id), historySecret: SECRET });
    await client.ready();
    await expect.poll(() => [...client.topology.states.values()]).toEqual(['up', 'up']);
    const publishing = await publishToCloudWatch({ dimensions: { Service: 'shop' } });
    const sessions = createSessions({ client, secret: SECRET, secure: true });
    const connection = { secure: true, response: { headersSent: false } };
    const first = await sessions.open(undefined, connection);
    first.current.set('user', 'USER_THAT_NOBODY_MAY_SEE');
    await first.commit();
    const cookie = first.takeCookie()?.split(';')[0] ?? '';
    for (let visit = 0; visit < 3; visit += 1) await sessions.open(cookie, connection);
    await publishing.stop();
    await publishing.stop();

    const events = lines.map((line) => JSON.parse(line) as Event);
    const named = events.flatMap((event) =>
      event['_aws'].CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Metrics.map((metric) => ({ ...metric, Namespace, Dimensions, event })),
      ),
    );
    for (const { Name, Namespace, Dimensions } of named) {
      expect(Object.keys(PUBLISHED)).toContain(Name);
      expect(Namespace).toBe('Sess');
      expect(Dimensions[0]?.[0]).toBe('Service');
    }
    const hits = named.find(({ Name, event }) => Name === 'sess.session.loads' && event['Outcome'] === 'hit');
    expect(hits?.event).toMatchObject({ Service: 'shop', 'sess.session.loads': 3 });
    const up = named.find(({ Name, event }) => Name === 'sess.node.state' && event['State'] === 'up');
    expect(up?.event).toMatchObject({ 'sess.node.state': 2 });
    const gets = named.find(
      ({ Name, event }) => Name.startsWith('db.') && event['Operation'] === 'get' && Array.isArray(event[Name]),
    );
    expect([gets?.Unit, gets?.event['db.client.operation.duration']]).toEqual(['Seconds', expect.any(Array)]);
    const shown = lines.join('\n');
    for (const secret of [
      SECRET,
      'USER_THAT_NOBODY_MAY_SEE',
      decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)),
    ])
      expect(shown).not.toContain(secret);
  });

  it.each([
    ['namespace', { namespace: 'with space' }],
    ['dimensions', { dimensions: { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' } }],
    ['dimensions', { dimensions: { Service: '' } }],
    ['intervalSeconds', { intervalSeconds: 1 }],
    ['intervalSeconds', { intervalSeconds: Number.NaN }],
  ])('refuses a %s that CloudWatch would not take: %j', async (option, options) => {
    await expect(publishToCloudWatch(options)).rejects.toThrow(new RegExp(`option "${option}" must be`));
  });

  it('refuses an option that does not exist, and what is no object of options', async () => {
    await expect(publishToCloudWatch({ intervalSecond: 30 } as never)).rejects.toThrow(
      'there is no option "intervalSecond"; there are namespace, dimensions, intervalSeconds',
    );
    await expect(publishToCloudWatch(new Map() as never)).rejects.toThrow(/no instance of a class/);
  });
});
