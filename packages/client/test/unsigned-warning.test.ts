import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));
const SECRET = 'the secret of the shop, which its servers have';

/** What a process says that makes clients with these options, and ends. */
async function said(...options: readonly unknown[]): Promise<string> {
  const code = `import { createClient } from '@sess/client'; for (const options of ${JSON.stringify(options)}) createClient(options).destroy();`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: home,
    timeout: 15_000,
  });
  return stderr;
}

describe('a process is told what its clients give up without a historySecret', () => {
  it('once, where nodes are a fixed list', async () => {
    const servers = ['127.0.0.1:1', '127.0.0.1:2'];
    const stderr = await said({ servers }, { servers }, `memcached://${servers.join(',')}`);
    expect(stderr.split('SESS_UNSIGNED_HISTORY').length).toBe(2);
    expect(stderr).toContain('Set historySecret');
    expect(await said(`memcached://${servers.join(',')}`)).toContain('SESS_UNSIGNED_HISTORY');
  });

  it('not where there is one, where one node stands alone, or where discovery follows the cluster', async () => {
    const servers = ['127.0.0.1:1', '127.0.0.1:2'];
    expect(
      await said({ servers, historySecret: SECRET }, 'memcached://127.0.0.1:1', { servers: ['127.0.0.1:1'] }),
    ).toBe('');
    expect(await said('elasticache://127.0.0.1:1', 'memcached:///run/none.sock')).toBe('');
  });
});
