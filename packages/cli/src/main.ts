import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { INTERRUPTED } from './exit-codes.ts';
import { runCommand } from './run-command.ts';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  // The second Ctrl-C ends the process at once.
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  interrupted.abort();
});
process.on('SIGTERM', () => interrupted.abort());

// The reader has gone (`sess status | head`).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(0));

// Commands report what the client would warn of in their own output.
process.removeAllListeners('warning');

// Idle connections don't keep the process alive; an awaited answer does.
const waiting = setInterval(() => undefined, 60_000);
process.exitCode = await runCommand(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  readInput: () => text(process.stdin),
  onKey: process.stdin.isTTY ? onKey : undefined,
  version: ownVersion(),
  env: process.env,
  signal: interrupted.signal,
});
clearInterval(waiting);

function onKey(listener: (key: string) => void): () => void {
  const heard = (bytes: Buffer): void => listener(bytes.toString());
  process.stdin.setRawMode(true);
  process.stdin.on('data', heard);
  return () => {
    process.stdin.off('data', heard);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  };
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
