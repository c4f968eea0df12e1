/**
 * Loads one URL over several keep-alive connections, each request with the cookie of another visitor in turn. Uses
 * `wrk` if it is installed, because it leaves more of a small machine to the server; otherwise autocannon.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

export interface Load {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Empty for new visitors. */
  readonly cookies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Number of answers other than 2xx, timeouts and broken connections. */
  readonly failed: number;
}

export const LOAD_GENERATOR: 'wrk' | 'autocannon' =
  spawnSync('wrk', ['--version']).error === undefined ? 'wrk' : 'autocannon';

export function load(what: Load): Promise<LoadResult> {
  return LOAD_GENERATOR === 'wrk' ? byWrk(what) : byAutocannon(what);
}

/** Formats the requests once, so that the generator does as little work as with a single request. */
const LUA = `
local requests, at = {}, 0
function init(args)
  for cookie in io.lines(args[2]) do requests[#requests + 1] = wrk.format(args[1], nil, { Cookie = cookie }) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;

async function byWrk({ method, url, cookies, connections, seconds }: Load): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sess-load-'));
  try {
    const [script, list] = [join(folder, 'visitors.lua'), join(folder, 'cookies.txt')];
    await writeFile(list, `${headersOf(cookies).join('\n')}\n`);
    await writeFile(script, LUA);
    const { stdout } = await promisify(execFile)('wrk', [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '-s',
      script,
      url,
      '--',
      method,
      list,
    ]);
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
    const requests = /(\d+) requests in/.exec(stdout)?.[1];
    if (rate === undefined || requests === undefined) throw new Error(`wrk printed no rate:\n${stdout}`);
    const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
    const broken = (/Socket errors: (.*)/.exec(stdout)?.[1] ?? '').match(/\d+/g) ?? [];
    const failed = broken.reduce((sum, errors) => sum + Number(errors), bad);
    return { requests: Number(requests), requestsPerSecond: Number(rate), failed };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function byAutocannon({ method, url, cookies, connections, seconds }: Load): Promise<LoadResult> {
  const requests = headersOf(cookies).map((cookie) => ({ headers: { cookie } }));
  let opened = 0;
  const result = await autocannon({
    url,
    method,
    connections,
    duration: seconds,
    requests,
    setupClient(client) {
      client.setRequests(shareOf(requests, opened, connections));
      opened += 1;
    },
  });
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.average,
    failed: result.non2xx + result.errors + result.timeouts,
  };
}

/**
 * Each connection has visitors of its own, if there are enough: all would begin with the same one, and changes of one
 * session at the same moment cost a server that loses none of them a retry each.
 */
function shareOf<T>(all: readonly T[], connection: number, connections: number): T[] {
  const share = all.filter((_, index) => index % connections === connection);
  return share.length > 0 ? share : [...all];
}

/** Visitors without a session also send a cookie, so that all servers read the header. */
function headersOf(cookies: readonly string[]): readonly string[] {
  return cookies.length === 0 ? ['none=0'] : cookies.map((cookie) => cookie || 'none=0');
}
