import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the README', () => {
  it('shows an example that runs as it stands, and ends by itself', async () => {
    const example = /## Ten lines\n\n```js\n(?<code>.*?)```/s.exec(read('../README.md'))?.groups?.['code'];
    expect(example).toBeDefined();
    await using cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
    // Inside the package its own name leads to what is published.
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', example ?? ''],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        timeout: 15_000,
        env: { ...process.env, SESS_SERVERS: cluster.url },
      },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('hello undefined\n');
  });
});
