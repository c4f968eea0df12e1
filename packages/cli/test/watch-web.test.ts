import type { Client } from '@sess/client';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { takenPort } from '@sess/loopback';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { application, KEYS, PACE, run, type Outcome } from './run.ts';

interface Watched {
  readonly url: string;
  /** Ctrl-C. */
  stop(): Promise<Outcome>;
}

/** The events that a browser receives, in order. */
async function* panels(url: string): AsyncGenerator<Record<string, string>> {
  const response = await fetch(new URL('events', url));
  if (response.body === null) throw new Error('there is a stream');
  let heard = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    heard += chunk;
    const frames = heard.split('\n\n');
    heard = frames.pop() ?? '';
    for (const frame of frames)
      if (frame.startsWith('data: ')) yield JSON.parse(frame.slice('data: '.length)) as Record<string, string>;
  }
}

async function told(url: string, part: string, expected: RegExp): Promise<string> {
  for await (const { [part]: markup = '' } of panels(url)) if (expected.test(markup)) return markup;
  throw new Error(`the stream ended without ${expected}`);
}

describe.each(inject('mainRuntimes'))('watch --web on a cluster in use (%s)', (runtime) => {
  let cluster: LocalCluster;
  let client: Client;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 2, runtime });
    const servers = `elasticache://${cluster.configurationEndpoint}?${PACE}&pollIntervalMs=100`;
    client = await application(servers, KEYS);
    env = { SESS_SERVERS: servers };
  });
  afterAll(async () => {
    await client.close();
    await cluster.close();
  });

  async function watch(...words: string[]): Promise<Watched> {
    const stopping = new AbortController();
    let ended: Promise<Outcome> | undefined;
    const url = await new Promise<string>((resolve, reject) => {
      ended = run(['watch', '--web', '--interval', '0.1', ...words], {
        env,
        signal: stopping.signal,
        heard: (said) => {
          const [found] = /http:\/\/[^"\s]+/.exec(said) ?? [];
          if (found !== undefined) resolve(found);
        },
      });
      ended.then(({ stderr }) => reject(new Error(stderr)), reject);
    });
    return {
      url,
      stop: async () => {
        stopping.abort();
        if (ended === undefined) throw new Error('it began');
        return ended;
      },
    };
  }

  it('shows every node, what happens to them, and who is asked for what, to all browsers', async () => {
    const watched = await watch();
    const page = await (await fetch(watched.url)).text();
    for (const { id } of cluster.nodes) expect(await told(watched.url, 'nodes', new RegExp(id))).toContain('owns');
    expect(page).toContain(`elasticache://${cluster.configurationEndpoint}<`);
    // The page shows neither the command line nor a secret.
    expect(page).not.toMatch(/historyIntervalMs|secret/);

    const { id } = await cluster.addNode();
    const stories = [1, 2].map(() => told(watched.url, 'story', /joined/));
    const ring = told(watched.url, 'ring', /stripes/);
    for (const story of await Promise.all(stories)) expect(story).toMatch(/<b class="badge n3">3<\/b> joined/);
    expect(await ring).toMatch(/moving: [\d.]+ % from node [12] to node 3/);
    expect(await told(watched.url, 'moves', /From/)).toContain('aria-current="step"');
    await cluster.crashNode(id);
    expect(await told(watched.url, 'headline', /does not answer/)).toContain('Node 3 does not answer.');
    await cluster.restartNode(id);
    await told(watched.url, 'story', /restarted, empty/);
    expect(await watched.stop()).toMatchObject({ code: 0, stdout: `${watched.url}\n` });
  });

  it('ends at once at Ctrl-C, whoever looks, and tells its address as JSON', async () => {
    const watched = await watch('--json');
    const looks = panels(watched.url);
    await looks.next();
    const { stdout } = await watched.stop();
    expect(JSON.parse(stdout)).toEqual({ url: watched.url });
    await expect(fetch(watched.url)).rejects.toThrow();
    await looks.next().catch(() => undefined);
  });

  it('says when its port is taken', async () => {
    await using taken = await takenPort();
    expect(await run(['watch', '--web', '--port', String(taken.port)], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Port ${taken.port} on 127.0.0.1 is in use`),
    });
  });
});
