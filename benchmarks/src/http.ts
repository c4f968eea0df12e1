/**
 * What does a session cost a web application? Measures requests per second, and CPU time per request, of a page that
 * reads a 20-item cart from the session, of a change to that cart, and of a login, for this project's adapters and for
 * those that people use today. The page also for bare frameworks without sessions, and for the limit, which only asks
 * memcached.
 *
 *     node benchmarks/dist/http.js --help
 *
 * Every server has its own process; the servers take turns within each round. All are restarted several times: because
 * of differences in compilation and memory layout, one start may be a tenth faster than the next. Prints medians over
 * all rounds, and medians of the ratios within a round.
 */
import { startLocalCluster } from '@sess/local-cluster';
import { JSON_FILE, readCommandLine, writeJson } from './command-line.ts';
import { ROUTES, type Route } from './http/cart.ts';
import { CONTENDERS, OPTION_CONTENDERS, RATIOS, type Contender } from './http/contenders.ts';
import { load, LOAD_GENERATOR } from './http/load.ts';
import { startServer, type RunningServer } from './http/running-server.ts';
import { leaveFirstCore } from './pinning.ts';
import { median } from './statistics.ts';
import { count, printTable } from './table.ts';

const options = readCommandLine('node benchmarks/dist/http.js', 'What does a session cost a web application?', {
  quick: { help: '3 rounds of a second, after a warm-up of 2, with servers that are started once' },
  starts: { help: 'how often all servers are started anew', default: 3 },
  rounds: { help: 'measurements of each server after each start', default: 3 },
  seconds: { help: 'length of a measurement', default: 2 },
  'warm-up': { help: 'seconds of load on each server before anything is measured', default: 5 },
  connections: { help: 'keep-alive connections', default: 32 },
  visitors: { help: 'sessions asked for in turn', default: 64 },
  'no-pin': { help: 'let all share all cores, rather than keep the first one for the server that is measured' },
  options: { help: 'what options cost: @sess/fastify-plugin with each of them, instead of the peers' },
  routes: {
    help: `only these of ${Object.keys(ROUTES).join(', ')}, separated by commas; with --options: read`,
    value: 'NAMES',
  },
  only: { help: 'only these servers, by name, separated by commas', value: 'NAMES' },
  json: JSON_FILE,
});
const starts = options.quick ? 1 : options.starts;
const rounds = options.quick ? 3 : options.rounds;
const seconds = options.quick ? 1 : options.seconds;
const warmUp = options.quick ? 2 : options['warm-up'];

interface Sample {
  readonly requestsPerSecond: number;
  readonly cpuMicroseconds: number;
}

const contenders = chosen();
const routes = chosenRoutes();
// Pins before it starts anything: child processes inherit the cores.
const pinning = options['no-pin'] ? undefined : leaveFirstCore();
// Memory for the sessions of all logins, because evictions would cost extra work.
const cluster = await startLocalCluster({ nodes: 1, runtime: 'memcached', memoryMegabytes: 1_024 });
const samples = new Map<Route, Map<string, Sample[]>>(routes.map((route) => [route, samplesOf(route)]));
try {
  for (let start = 0; start < starts; start += 1) await measureAll(cluster.nodes[0]?.id ?? '');
} finally {
  await cluster.close();
}

const places =
  pinning === undefined
    ? 'all on all cores'
    : `server on core ${pinning.measured}, memcached and load on core ${pinning.others}`;
console.log(
  `${options.visitors} visitors, ${options.connections} connections, load by ${LOAD_GENERATOR}, ${places}, Node.js ${process.version}`,
);
const ratios = routes.flatMap((route) => ratiosOf(route));
for (const route of routes) print(route);
await writeJson(options.json, {
  load: LOAD_GENERATOR,
  places,
  starts,
  rounds,
  seconds,
  samples: Object.fromEntries([...samples].map(([route, ofRoute]) => [route, Object.fromEntries(ofRoute)])),
  ratios,
});

function print(route: Route): void {
  const ofRoute = samples.get(route) ?? new Map<string, Sample[]>();
  const medianOf = (name: string, what: keyof Sample): number =>
    median((ofRoute.get(name) ?? []).map((sample) => sample[what]));
  const base = options.options ? 'option:plain' : undefined;
  console.log(`\n${ROUTES[route].title}\n`);
  printTable(
    ['', 'requests/s', 'CPU µs each', ...(base === undefined ? [] : ['CPU over plain'])],
    [...ofRoute.keys()].map((name) => [
      contenders.get(name)?.label ?? name,
      count(medianOf(name, 'requestsPerSecond')),
      medianOf(name, 'cpuMicroseconds').toFixed(1),
      ...(base === undefined ? [] : [ratioWithinRounds(route, name, base, 'cpuMicroseconds').toFixed(2)]),
    ]),
  );
  const rows = ratios.filter((ratio) => ratio.route === route);
  if (rows.length === 0) return;
  console.log();
  printTable(
    ['', 'requests/s', 'requests per CPU', 'wanted'],
    rows.map(({ what, requests, cpu, wanted }) => [
      what,
      requests.toFixed(2),
      cpu.toFixed(2),
      wanted === undefined ? '' : `≥ ${wanted.toFixed(2)}`,
    ]),
  );
}

function ratiosOf(route: Route) {
  const ofRoute = samples.get(route);
  return RATIOS.filter(({ of, over }) => ofRoute?.has(of) && ofRoute.has(over)).map((ratio) => ({
    ...ratio,
    route,
    requests: ratioWithinRounds(route, ratio.of, ratio.over, 'requestsPerSecond'),
    // Less CPU time is better, so this ratio is inverted to be comparable.
    cpu: ratioWithinRounds(route, ratio.over, ratio.of, 'cpuMicroseconds'),
  }));
}

function samplesOf(route: Route): Map<string, Sample[]> {
  return new Map(
    [...contenders].filter(([, contender]) => contender.routes.includes(route)).map(([name]) => [name, []]),
  );
}

function chosenRoutes(): readonly Route[] {
  const all = Object.keys(ROUTES) as Route[];
  const names = options.routes?.split(',') ?? (options.options ? ['read'] : all);
  const unknown = names.filter((name) => !all.includes(name as Route));
  if (unknown.length > 0) {
    console.error(`--routes: there is no ${unknown.join(', ')}; there are ${all.join(', ')}.`);
    process.exit(2);
  }
  return all.filter((route) => names.includes(route));
}

function chosen(): ReadonlyMap<string, Contender> {
  const all = options.options ? OPTION_CONTENDERS : CONTENDERS;
  if (options.only === undefined) return all;
  const names = options.only.split(',');
  const unknown = names.filter((name) => !all.has(name));
  if (unknown.length > 0) {
    console.error(`--only: there is no ${unknown.join(', ')}; there are ${[...all.keys()].join(', ')}.`);
    process.exit(2);
  }
  return new Map([...all].filter(([name]) => names.includes(name)));
}

async function measureAll(memcached: string): Promise<void> {
  const running = new Map<string, RunningServer>();
  try {
    for (const [name, contender] of contenders) {
      running.set(name, await startServer(contender, memcached, options.visitors, pinning?.measured));
    }
    // Round 0 warms up and does not count: the other rounds measure compiled code, as in a server that has run for a
    // while.
    for (const [route, ofRoute] of samples) {
      for (let round = 0; round <= rounds; round += 1) {
        for (const [name, ofServer] of ofRoute) {
          const server = running.get(name) as RunningServer; // All were started.
          const sample = await measure(name, route, server, round === 0 ? warmUp : seconds);
          if (round > 0) ofServer.push(sample);
        }
      }
    }
  } finally {
    await Promise.all([...running.values()].map((server) => server.stop()));
  }
}

async function measure(name: string, route: Route, server: RunningServer, length: number): Promise<Sample> {
  const { method, path } = ROUTES[route];
  const cookies = route === 'login' ? [] : server.cookies;
  const before = await server.cpu();
  const { requests, requestsPerSecond, failed } = await load({
    method,
    url: `${server.origin}${path}`,
    cookies,
    connections: options.connections,
    seconds: length,
  });
  if (failed > 0) throw new Error(`${name}: ${failed} requests failed, so its rate means nothing`);
  return { requestsPerSecond, cpuMicroseconds: ((await server.cpu()) - before) / requests };
}

/**
 * The median of the ratios of two servers within a round. They run shortly after each other, so a slow machine slows
 * both.
 */
function ratioWithinRounds(route: Route, of: string, over: string, what: keyof Sample): number {
  const theirs = samples.get(route)?.get(over) ?? [];
  return median(
    (samples.get(route)?.get(of) ?? []).map((sample, round) => sample[what] / (theirs[round]?.[what] ?? Number.NaN)),
  );
}
