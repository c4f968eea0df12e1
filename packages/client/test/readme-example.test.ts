import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startLocalCluster } from '@sess/local-cluster';
import { expect, it, onTestFinished } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README runs as it stands, and ends by itself', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /## Ten lines\n\n```js\n(?<code>.*?)```/s.exec(readme)?.groups?.['code'];
  expect(example).toBeDefined();
  const cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  onTestFinished(() => cluster.close());
  // Inside the package its own name leads to what is published.
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', example ?? ''],
    {
      cwd: home,
      timeout: 15_000,
      env: { ...process.env, SESS_SERVERS: `elasticache://${cluster.configurationEndpoint}` },
    },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('hello, world\n');
});
