import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientProcess, TRANSPORTS } from './processes/client-process.ts';
import { ForgetfulProxy } from './processes/forgetful-proxy.ts';

/** Shorter than the work at the start; long enough for a machine with other work to do. */
const BOOT = { readyTimeoutMs: 1_500, connectTimeoutMs: 1_000, timeoutMs: 1_500 };

describe.each(TRANSPORTS)('a busy process does not blame the node (%s)', (transport) => {
  let cluster: LocalCluster;
  let proxy: ForgetfulProxy;
  beforeAll(async () => {
    cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    proxy = await new ForgetfulProxy(cluster.nodes[0]?.port ?? 0).listen();
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await cluster.close();
  });

  it('when it works in the turn in which it asked', async () => {
    await using process = new ClientProcess(
      `await client.ready();
       const outcomes = [];
       for (let round = 0; round < 2; round += 1) {
         const answers = [outcome(client.get('key')), outcome(client.set('other', 'value', { ttlSeconds: 60 }).then(() => 'stored'))];
         work(1_300);
         outcomes.push(...(await Promise.all(answers)));
       }
       tell([[...new Set(outcomes)].sort(), states()]);`,
      { transport, port: proxy.port },
    );
    expect(await process.next()).toEqual([['miss', 'stored'], ['up']]);
  });

  it('when it works just after the request was written, and again while the answer is on its way', async () => {
    await using process = new ClientProcess(
      `await client.ready();
       await client.set('large', Buffer.alloc(900_000), { ttlSeconds: 60 });
       const outcomes = [];
       for (let round = 0; round < 1; round += 1) {
         const answer = outcome(client.get('large').then((record) => record.value.length));
         await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
         work(1_300);
         await new Promise((resolve) => setImmediate(resolve));
         work(1_300);
         outcomes.push(await answer);
       }
       tell([outcomes, states()]);`,
      { transport, port: proxy.port },
    );
    expect(await process.next()).toEqual([[900_000], ['up']]);
  });

  it('when it works again and again under load', async () => {
    await using process = new ClientProcess(
      `await client.ready();
       const outcomes = [];
       const pending = new Set();
       for (let round = 0; round < 30; round += 1) {
         for (let index = 0; index < 5; index += 1) {
           const answer = outcome(client.get('key-' + index)).then((text) => outcomes.push(text));
           pending.add(answer);
         }
         if (round % 15 === 7) work(1_300);
         await new Promise((resolve) => setTimeout(resolve, 2));
       }
       await Promise.all(pending);
       tell([[...new Set(outcomes)], outcomes.length, states()]);`,
      { transport, port: proxy.port },
    );
    expect(await process.next()).toEqual([['miss'], 150, ['up']]);
  });

  it('at boot, when it loads for longer than its timeouts after it has made its client', async () => {
    await using process = new ClientProcess(
      `const answers = [outcome(client.ready().then(() => 'ready')), outcome(client.get('key'))];
       work(2_200);
       tell([await Promise.all(answers), states()]);`,
      { transport, port: proxy.port, options: BOOT },
    );
    expect(await process.next()).toEqual([['ready', 'miss'], ['up']]);
  });

  it('at boot, when it loads piece by piece', async () => {
    await using process = new ClientProcess(
      `const answers = [outcome(client.ready().then(() => 'ready')), outcome(client.get('key'))];
       for (let piece = 0; piece < 4; piece += 1) {
         work(600);
         await new Promise((resolve) => setImmediate(resolve));
       }
       tell([await Promise.all(answers), states()]);`,
      { transport, port: proxy.port, options: BOOT },
    );
    expect(await process.next()).toEqual([['ready', 'miss'], ['up']]);
  });

  it('and still gives up on a node that is silent', async () => {
    await using process = new ClientProcess(
      `await client.ready();
       tell('ready');
       await told();
       const begin = performance.now();
       const answer = outcome(client.get('key'));
       work(300);
       const text = await answer;
       tell([text, performance.now() - begin]);`,
      { transport, port: proxy.port, options: { timeoutMs: 200 } },
    );
    await process.next();
    proxy.forget();
    process.child.send('go on');
    const [text, afterMs] = (await process.next()) as [string, number];
    expect(text).toMatch(/answer/);
    expect(afterMs).toBeLessThan(20_000);
  });
});
