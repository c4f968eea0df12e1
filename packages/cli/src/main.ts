import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { FAILED, INTERRUPTED } from './exit-codes.ts';
import { Output } from './output/output.ts';
import { runCommand } from './run-command.ts';
import type { CommandStreams } from './streams.ts';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  // The second Ctrl-C ends the process at once.
  if (interrupted.signal.aborted) process.exit(INTERRUPTED);
  interrupted.abort();
});
process.on('SIGTERM', () => interrupted.abort());

const words = process.argv.slice(2);
const streams: CommandStreams = {
  stdout: process.stdout,
  stderr: process.stderr,
  readInput: () => text(process.stdin),
  onKey: process.stdin.isTTY ? onKey : undefined,
  version: ownVersion(),
  env: process.env,
  signal: interrupted.signal,
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const isFirst = !interrupted.signal.aborted;
  // Ends `watch`, which would write for ever.
  interrupted.abort();
  // The reader has gone (`sess status | head`): the exit code stays that of the command.
  if (error.code === 'EPIPE' || !isFirst) return;
  process.exitCode = FAILED;
  new Output(streams, words.includes('--json')).error(
    'SESS_COMMAND',
    `Standard output can't be written (${error.message}): the result is lost, but not what the command has done.`,
  );
});
// Progress that nobody can read must not stop a drain.
process.stderr.on('error', () => undefined);

// Commands report what the client would warn of in their own output.
process.removeAllListeners('warning');

// Idle connections don't keep the process alive; an awaited answer does.
const waiting = setInterval(() => undefined, 60_000);
const code = await runCommand(words, streams);
process.exitCode ??= code;
clearInterval(waiting);
// What a command left behind, such as a drain that its deadline cut off, must not keep the process.
process.stdout.write('', () => setImmediate(() => process.exit()));

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
