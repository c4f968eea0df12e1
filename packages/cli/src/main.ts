import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { INTERRUPTED } from './exit-codes.ts';
import { runCommand } from './run-command.ts';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  // Whoever asks twice does not want to wait.
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  interrupted.abort();
});
process.on('SIGTERM', () => interrupted.abort());

// Nobody reads any more (`sess status | head`).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(0));

// What the client warns of, a command says in its own words.
process.removeAllListeners('warning');

// Connections that nobody waits for keep no process; an answer that a command waits for does.
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
