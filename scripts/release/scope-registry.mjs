/**
 * A local registry that serves only what a release would publish: package managers use it only for our scope. So
 * projects install with the commands of the READMEs.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

/**
 * @typedef {{ readonly npmrc: string, close(): void }} ScopeRegistry `npmrc`: what a project's `.npmrc` says
 *
 * @param {readonly { name: string, version: string, tarball: string }[]} packed
 * @returns {Promise<ScopeRegistry>}
 */
export async function startScopeRegistry(packed) {
  // Package managers cache packages by their URL, so each run has its own.
  const run = `/${randomUUID()}/`;
  const tarballs = new Map(
    await Promise.all(packed.map(async ({ name, tarball }) => /** @type {const} */ ([name, await readFile(tarball)]))),
  );
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(request.url ?? '').slice(run.length);
    const bytes = tarballs.get(asked.replace(/\.tgz$/, ''));
    if (bytes === undefined) response.writeHead(404).end('{}');
    else if (asked.endsWith('.tgz')) response.end(bytes);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(documents.get(asked)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const address = `http://127.0.0.1:${port}${run}`;
  const documents = new Map(
    packed.map(({ name, version, tarball }) => {
      const integrity = `sha512-${createHash('sha512')
        .update(tarballs.get(name) ?? '')
        .digest('base64')}`;
      const dist = { tarball: `${address}${name}.tgz`, integrity };
      return [
        name,
        { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifestIn(tarball), dist } } },
      ];
    }),
  );
  return {
    npmrc: `@sess:registry=${address}\n`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @param {string} tarball @returns {Record<string, unknown>} */
function manifestIn(tarball) {
  return JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }));
}
