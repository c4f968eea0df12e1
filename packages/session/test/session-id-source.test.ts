import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Runs in its own process, whose random source returns known bytes. */
const PROGRAM = `
  import crypto from 'node:crypto';
  import { syncBuiltinESMExports } from 'node:module';
  let asked = 0;
  crypto.randomFillSync = (bytes) => {
    bytes.set(crypto.createHash('shake256', { outputLength: bytes.length }).update(String(asked)).digest());
    asked += 1;
    return bytes;
  };
  syncBuiltinESMExports();
  const { newSessionId } = await import(process.argv[1]);
  const ids = [];
  for (let id = newSessionId(); asked === 1; id = newSessionId()) ids.push(id);
  console.log(JSON.stringify(ids));
`;

it('a session id is 24 bytes of the cryptographic random source, each given out once, and nothing else', async () => {
  const module = new URL('../dist/cookie/session-id.js', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM, module]);
  const ids = (JSON.parse(stdout) as string[]).map((id) => Buffer.from(id, 'base64url'));
  expect(ids.length).toBeGreaterThan(1);
  expect(ids.every((id) => id.length === 24)).toBe(true);
  const given = createHash('shake256', { outputLength: 24 * ids.length })
    .update('0')
    .digest();
  expect(Buffer.concat(ids)).toEqual(given);
});
