import type { OpenStage } from './open-stage.ts';
import { SERVE_COMMANDS } from './serve-commands.ts';

/** Where curl keeps the cookies of the examples. */
const COOKIES = 'sess-cookies.txt';

/** What is running, and what to try: every command works as it stands. */
export function serveText({ cluster, fleets, secret }: OpenStage): string {
  const processes = fleets.flatMap((fleet) => fleet.processes);
  const url = (place: number): string => `http://127.0.0.1:${processes[place % processes.length]?.port}`;
  const curl = `curl -s -b ${COOKIES} -c ${COOKIES}`;
  const json = `-H 'content-type: application/json'`;
  const commands = Object.values(SERVE_COMMANDS).map(({ usage, does }) => [usage, does] as const);
  return [
    'Running:',
    ...processes.map(({ framework, port }) => `  http://127.0.0.1:${port}  ${framework}`),
    `  ${cluster.url}  configuration endpoint of ${cluster.nodes.length} nodes`,
    '',
    'Try, in another terminal: log in through Fastify, shop through Koa, see both.',
    `  ${curl} ${json} -d '{"user":"USER_123"}' ${url(0)}/login`,
    `  ${curl} ${json} -d '{"item":"sku-1"}' ${url(1)}/cart`,
    `  ${curl} ${url(0)}/profile`,
    `  ${curl} ${url(1)}/profile`,
    `  ${curl} -X POST -o /dev/null -w '%{http_code}\\n' ${url(0)}/logout`,
    '',
    'One more process over the same sessions:',
    `  SESS_SERVERS=${cluster.url} SESS_SECRET=${secret} PORT=${highest(processes.map(({ port }) => port)) + 1} node apps/fastify-demo/dist/main.js`,
    '',
    'Type here:',
    ...[...commands, ['quit', 'stop everything (Ctrl-C does too)'] as const].map(([usage, does]) => `  ${usage.padEnd(20)} ${does}`),
    '',
  ].join('\n');
}

function highest(ports: readonly number[]): number {
  return Math.max(...ports);
}
