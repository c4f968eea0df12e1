/** Load on one URL from several keep-alive connections: by `wrk` where it is installed, because it leaves more of a small machine to the server; else by autocannon. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly cookie: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Answers that were not 2xx, timeouts and broken connections. */
  readonly failed: number;
}

export const LOAD_GENERATOR: 'wrk' | 'autocannon' = spawnSync('wrk', ['--version']).error === undefined ? 'wrk' : 'autocannon';

export function load(what: Load): Promise<LoadResult> {
  return LOAD_GENERATOR === 'wrk' ? byWrk(what) : byAutocannon(what);
}

async function byWrk({ url, cookie, connections, seconds }: Load): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-H', `Cookie: ${cookie}`, url]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`wrk printed no rate:\n${stdout}`);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const broken = (/Socket errors: (.*)/.exec(stdout)?.[1] ?? '').match(/\d+/g) ?? [];
  return { requestsPerSecond: Number(rate), failed: broken.reduce((sum, errors) => sum + Number(errors), bad) };
}

async function byAutocannon({ url, cookie, connections, seconds }: Load): Promise<LoadResult> {
  const result = await autocannon({ url, connections, duration: seconds, headers: { cookie } });
  return { requestsPerSecond: result.requests.average, failed: result.non2xx + result.errors + result.timeouts };
}
