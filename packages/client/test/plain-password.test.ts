import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalCluster } from '@sess/local-cluster';
import { SELF_SIGNED } from '@sess/loopback';
import { describe, expect, it, onTestFinished } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));
const CREDENTIALS = { username: 'user', password: 'never-to-be-shown' };

/** What a process says that connects with these options, as if the cluster were on another machine or on this one. */
async function said(isRemote: boolean, ...options: readonly unknown[]): Promise<string> {
  // What `remoteAddress` of node:net reads.
  const remote = "Socket.prototype._getpeername = () => ({ address: '10.0.0.1' });";
  const code = `
    import { Socket } from 'node:net';
    import { createClient } from '@sess/client';
    ${isRemote ? remote : ''}
    for (const options of ${JSON.stringify(options)}) {
      const client = createClient(options);
      await client.ready().catch(() => undefined);
      await client.close();
    }`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: home,
    timeout: 15_000,
  });
  return stderr;
}

async function startCluster(tls?: typeof SELF_SIGNED): Promise<string> {
  const secured = tls === undefined ? {} : { tls };
  const cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded', credentials: CREDENTIALS, ...secured });
  onTestFinished(() => cluster.close());
  return cluster.nodes[0]?.id ?? expect.unreachable();
}

describe('a process that sends credentials to another machine', () => {
  it.each([
    ['in a URL', (id: string) => `memcached://user:never-to-be-shown@${id}`],
    ['as an option', (id: string) => ({ servers: [id], credentials: CREDENTIALS })],
    ['to a configuration endpoint', (id: string) => `elasticache://user:never-to-be-shown@${id}`],
  ])('without TLS is warned, once (%s)', async (_, optionsFor) => {
    const options = optionsFor(await startCluster());
    const stderr = await said(true, options, options);
    expect(stderr.split('[SESS_PLAIN_PASSWORD] SessWarning').length).toBe(2);
    expect(stderr).not.toContain('never-to-be-shown');
  });

  it('is not with TLS, nor on this machine, nor without credentials', async () => {
    const [plain, secured] = [await startCluster(), await startCluster(SELF_SIGNED)];
    const tls = { rejectUnauthorized: false };
    expect(await said(true, { servers: [secured], credentials: CREDENTIALS, tls }, `memcached://${plain}`)).toBe('');
    expect(await said(false, `memcached://user:never-to-be-shown@${plain}`)).toBe('');
  });
});
