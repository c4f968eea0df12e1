import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Browser } from './browser.ts';
import { ExampleProcess } from './example-process.ts';

const page = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8');

let cluster: LocalCluster | undefined;
afterEach(() => cluster?.close());

function programUnder(heading: string): string {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return /```js\n(.*?)```/s.exec(section)?.[1] ?? '';
}

async function status(url: string): Promise<number> {
  return (await fetch(url, { headers: { connection: 'close' } })).status;
}

describe.each(['Fastify', 'Koa', 'Express'])('the program for %s in docs/deployment.md', (framework) => {
  it('is ready while a node answers, lives while none does, and ends by SIGTERM', { timeout: 60_000 }, async () => {
    cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('one node');
    await using app = await ExampleProcess.start(programUnder(framework), {
      SESS_SERVERS: `memcached://${node.id}`,
      SESS_SECRET: 'a secret of at least thirty-two bytes',
    });
    const probe = (path: string) => expect.poll(() => status(`${app.url}${path}`), { timeout: 20_000, interval: 50 });
    await probe('/ready').toBe(200);
    const browser = new Browser();
    await browser.ask(`${app.url}/login`, 'POST');
    expect(await browser.ask(`${app.url}/profile`)).toEqual({ user: 'USER_123' });
    await cluster.crashNode(node.id);
    await probe('/ready').toBe(503);
    expect(await status(`${app.url}/live`)).toBe(200);
    await cluster.restartNode(node.id);
    await probe('/ready').toBe(200);
    expect(await app.terminate()).toBe(0);
  });

  it('answers a request under way at SIGTERM, and then ends without waiting for its connection', async () => {
    cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    const id = cluster.nodes[0]?.id ?? '';
    await using app = await ExampleProcess.start(programUnder(framework), {
      SESS_SERVERS: `memcached://${id}?timeoutMs=20000`,
      SESS_SECRET: 'a secret of at least thirty-two bytes',
    });
    await expect.poll(() => status(`${app.url}/ready`), { timeout: 20_000 }).toBe(200);
    await cluster.pauseNode(id);
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const headers = { expect: '100-continue', 'content-type': 'application/json' };
    const asked = request(`${app.url}/login`, { method: 'POST', agent, headers });
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    asked.flushHeaders();
    await once(asked, 'continue');
    const ended = app.terminate();
    await expect.poll(() => status(`${app.url}/live`).catch(() => 'refused'), { timeout: 20_000 }).not.toBe(200);
    await cluster.resumeNode(id);
    asked.end('{}');
    const [response] = await answered;
    response.resume();
    expect([response.statusCode, response.headers['set-cookie']?.length]).toEqual([200, 1]);
    const answeredAt = performance.now();
    expect(await ended).toBe(0);
    // Node.js keeps an idle connection for five seconds or more.
    expect(performance.now() - answeredAt).toBeLessThan(4_000);
  });
});
