/** The command in this process: what it writes, and how it ends. */
import { createClient, deriveHistorySecret, type Client } from '@sess/client';

import { runCommand } from '../src/run-command.ts';
import type { TextStream } from '../src/streams.ts';

export const SECRET = 'a secret of at least thirty-two bytes, for tests';
/** Agreements within a second. */
export const PACE = 'historyIntervalMs=100&clockSkewMs=0';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly isTTY?: boolean;
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly onKey?: (listener: (key: string) => void) => () => void;
  readonly heard?: (text: string) => void;
}

export async function run(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written): TextStream => ({
    isTTY: options.isTTY ?? false,
    columns: options.columns,
    hasColors: () => options.env?.['NO_COLOR'] === undefined,
    write: (text) => {
      written[name] += text;
      options.heard?.(text);
    },
  });
  const code = await runCommand(words, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    readInput: async () => options.input ?? '',
    onKey: options.onKey,
    version: '1.2.3',
    env: { SESS_SECRET: SECRET, ...options.env },
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, ...written };
}

/** Sessions of an application. */
export async function application(
  servers: string,
  keys: readonly string[],
  options: { readonly copies?: number; readonly ttlSeconds?: number } = {},
): Promise<Client> {
  const { ttlSeconds = 600, ...clientOptions } = options;
  const client = createClient({
    servers,
    historySecret: deriveHistorySecret(SECRET),
    timeoutMs: 5_000,
    ...clientOptions,
  });
  await client.ready();
  await Promise.all(keys.map((key) => client.set(key, `secret data of ${key}`, { ttlSeconds })));
  return client;
}

export const KEYS: readonly string[] = Array.from({ length: 200 }, (_, number) => `s/session-${number}`);

/** The one object of a `--json` answer. */
export function json({ stdout }: Outcome): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}
