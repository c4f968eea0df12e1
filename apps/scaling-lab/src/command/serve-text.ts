import { SERVE_COMMANDS } from './serve-commands.ts';
import type { StrategyRun } from '../environment/environment.ts';

/** Where curl keeps the cookies of the examples. */
const COOKIES = 'sess-cookies.txt';

/** Describes what is running and what to try. Every command works as printed. */
export function serveText({ cluster, fleet, strategy, database }: StrategyRun, secret: string, page: string): string {
  const { processes } = fleet;
  const url = (place: number): string => `http://127.0.0.1:${processes[place % processes.length]?.port}`;
  const curl = `curl -s -b ${COOKIES} -c ${COOKIES}`;
  const json = `-H 'content-type: application/json'`;
  const commands = Object.values(SERVE_COMMANDS).map(({ usage, does }) => [usage, does] as const);
  return [
    'Open this page: what happens, and buttons to make it happen, while users shop. Whoever has its address may use it.',
    `  ${page}`,
    '',
    'Running:',
    ...processes.map(({ framework, port }) => `  http://127.0.0.1:${port}  ${framework}`),
    `  ${cluster.url}  configuration endpoint of ${cluster.nodes.length} nodes; runtime ${cluster.runtime} (${cluster.runtimeReason})`,
    ...(database === undefined ? [] : [`  ${database}  database behind the nodes (PGlite, in memory)`]),
    '',
    'Try, in another terminal: log in through Fastify, shop through Koa, see both.',
    `  ${curl} ${json} -d '{"user":"USER_123"}' ${url(0)}/login`,
    `  ${curl} ${json} -d '{"item":"sku-1"}' ${url(1)}/cart`,
    `  ${curl} ${url(0)}/profile`,
    `  ${curl} ${url(1)}/profile`,
    `  ${curl} -X POST -o /dev/null -w '%{http_code}\\n' ${url(0)}/logout`,
    '',
    ...(strategy.store === 'sess-client'
      ? oneMore(cluster.url, database, secret, highest(processes.map(({ port }) => port)) + 1)
      : []),
    'Type here:',
    ...[...commands, ['quit', 'stop everything (Ctrl-C does too)'] as const].map(
      ([usage, does]) => `  ${usage.padEnd(20)} ${does}`,
    ),
    '',
  ].join('\n');
}

/** An app started by hand uses this project's client, so it does not find sessions that memjs stored. */
function oneMore(servers: string, database: string | undefined, secret: string, port: number): readonly string[] {
  const behind = database === undefined ? '' : `SESS_BACKING=${database} `;
  return [
    'One more process over the same sessions:',
    `  SESS_SERVERS=${servers} ${behind}SESS_SECRET=${secret} PORT=${port} node apps/fastify-demo/dist/main.js`,
    '',
  ];
}

function highest(ports: readonly number[]): number {
  return Math.max(...ports);
}
