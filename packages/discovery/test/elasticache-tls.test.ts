import { SELF_SIGNED } from '@sess/loopback';
import { describe, expect, it } from 'vitest';
import { elasticacheIn } from '../src/elasticache/elasticache.ts';
import type { ElasticacheOptions } from '../src/elasticache/elasticache-options.ts';
import { use } from './use.ts';
import { RecordingListener } from './recording-listener.ts';
import { answering, configReply, ScriptedServer } from './scripted-server.ts';
import { testEnvironment } from './test-environment.ts';

const names = { 'cfg.cache.test': ['127.0.0.1'], 'cfg.elsewhere.test': ['127.0.0.1'], localhost: ['127.0.0.1'] };

async function encrypted(reply = configReply(1, 'node.cache.test|10.0.0.1|11211')): Promise<ScriptedServer> {
  return use(await ScriptedServer.start(answering(reply), { tls: true }));
}

function watchOf(host: string, port: number, tls: ElasticacheOptions['tls']) {
  const listener = new RecordingListener();
  return {
    listener,
    watch: use(elasticacheIn(testEnvironment(names), `${host}:${port}`, { tls, timeoutMs: 10_000 }).watch(listener)),
  };
}

describe('discovery over TLS', () => {
  it.each(['cfg.cache.test', 'localhost', '127.0.0.1'])(
    'checks the certificate against the endpoint’s name: %s',
    async (host) => {
      const server = await encrypted();
      const { watch } = watchOf(host, server.port, { ca: SELF_SIGNED.cert });
      expect((await watch.ready()).version).toBe(1);
    },
  );

  it('refuses a certificate for another name', async () => {
    const server = await encrypted();
    const { watch } = watchOf('cfg.elsewhere.test', server.port, { ca: SELF_SIGNED.cert });
    await expect(watch.ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TLS',
      retryable: false,
      message: expect.stringContaining('for another name') as string,
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(server.lines).toEqual([]);
  });

  it('takes another name to check where tls.servername gives one', async () => {
    const server = await encrypted();
    const { watch } = watchOf('cfg.elsewhere.test', server.port, {
      ca: SELF_SIGNED.cert,
      servername: 'node.cache.test',
    });
    expect((await watch.ready()).version).toBe(1);
  });

  it('lets the application check on its own, with the name it connects to', async () => {
    const server = await encrypted();
    const checked: string[] = [];
    const checkServerIdentity = (host: string): undefined => void checked.push(host);
    const { watch } = watchOf('cfg.elsewhere.test', server.port, { ca: SELF_SIGNED.cert, checkServerIdentity });
    await watch.ready();
    expect(checked).toEqual(['cfg.elsewhere.test']);
  });

  it('refuses a certificate of an authority that is not trusted', async () => {
    const server = await encrypted();
    const { watch } = watchOf('cfg.cache.test', server.port, true);
    await expect(watch.ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TLS',
      message: expect.stringContaining('tls.ca') as string,
    });
    expect(server.lines).toEqual([]);
  });

  it('with a server that hangs up on it fails, and says what to change', async () => {
    const server = use(await ScriptedServer.start(() => undefined));
    const { watch } = watchOf('127.0.0.1', server.port, true);
    await server.until(({ connections }) => connections > 0);
    await server.close();
    await expect(watch.ready()).rejects.toMatchObject({
      message: expect.stringContaining('does not speak TLS') as string,
    });
  });

  it('with a server that answers in plain text fails, and says what to change', async () => {
    const server = use(await ScriptedServer.start(() => undefined));
    server.greeting = 'ERROR\r\n';
    const { watch } = watchOf('127.0.0.1', server.port, true);
    await expect(watch.ready()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TLS',
      message: expect.stringContaining('does not speak TLS') as string,
    });
  });

  it('left out for a server that expects it fails, and says what to change', async () => {
    const server = await encrypted();
    const { watch } = watchOf('127.0.0.1', server.port, false);
    await expect(watch.ready()).rejects.toMatchObject({ message: expect.stringContaining('"tls"') as string });
  });

  it.each([
    [true, 'does not speak TLS'],
    [false, 'expects TLS'],
  ])(
    'with a server that accepts the connection and is silent (%j) fails, and says what to change',
    async (tls, hint) => {
      const server = use(await ScriptedServer.start(() => undefined));
      const listener = new RecordingListener();
      const options = { tls, timeoutMs: 100 };
      const watch = use(elasticacheIn(testEnvironment(names), `127.0.0.1:${server.port}`, options).watch(listener));
      await expect(watch.ready()).rejects.toMatchObject({
        code: 'SESS_DISCOVERY_TIMEOUT',
        message: expect.stringMatching(
          `accepted the connection, but did not answer within 100 ms: it hangs, or ${hint}`,
        ),
      });
    },
  );

  it('names the signal among its options when that has fired', async () => {
    const server = await encrypted();
    const controller = new AbortController();
    const tls = { ca: SELF_SIGNED.cert, signal: controller.signal };
    const { watch } = watchOf('127.0.0.1', server.port, tls);
    controller.abort();
    await expect(watch.refresh()).rejects.toMatchObject({
      code: 'SESS_DISCOVERY_TLS',
      message: expect.stringContaining('leave out tls.signal') as string,
    });
  });

  it('checks the nodes that stand in for the endpoint against their names', async () => {
    const endpoint = await encrypted();
    const node = await encrypted();
    const list = `node.cache.test|127.0.0.1|${node.port}`;
    endpoint.script = answering(configReply(1, list));
    const { watch, listener } = watchOf('cfg.cache.test', endpoint.port, { ca: SELF_SIGNED.cert });
    await watch.ready();
    await endpoint.close();
    node.script = answering(configReply(2, list));
    await watch.refresh();
    expect(listener.topologies.at(-1)?.version).toBe(2);
  });
});
