import type { ObservedCluster } from '../cluster/observed-cluster.ts';
import { listsKeys } from '../cluster/lists-keys.ts';
import { askStats, type NodeFigures, type NodeReport } from '../cluster/node-report.ts';
import { bytes, count, duration, percent } from '../output/format.ts';
import { finding, type Finding } from './finding.ts';

/** Above this share of memory or connections, headroom is low. */
const FULL = 0.9;
/** An older restart does not explain a problem of today. */
const RESTART_SECONDS = 86_400;
/** The default of `clockSkewMs`. */
const CLOCK_MS = 5_000;
/** The default `maxBytes` of a session, with room for its envelope and the item's header. */
const SESSION_ITEM_BYTES = 66_000;

/** Problems of single nodes. */
export async function examineNodes(
  observed: ObservedCluster,
  reports: readonly NodeReport[],
): Promise<readonly Finding[]> {
  const found = await Promise.all(reports.map((report) => examineNode(observed, report)));
  return found.flat();
}

async function examineNode(observed: ObservedCluster, report: NodeReport): Promise<readonly Finding[]> {
  const { id, figures, isListed, error } = report;
  const node = observed.nodes.get(id);
  if (figures === undefined) return [await silent(node, id, error ?? 'it does not answer', isListed)];
  const settings = await askStats(node, 'settings');
  const isCrawlerOff = !(settings instanceof Error) && settings.get('lru_crawler') === 'no';
  return [
    ...restart(observed, report, figures),
    ...clock(id, figures),
    ...memory(id, figures),
    ...connections(id, figures),
    ...(settings instanceof Error ? [] : examineSettings(id, settings)),
    ...(isCrawlerOff || !(await listsKeys(node)) ? [withoutKeys(id, isCrawlerOff)] : []),
  ];
}

function withoutKeys(id: string, isCrawlerOff: boolean): Finding {
  return isCrawlerOff
    ? finding('warning', 'crawler', id, [
        'its crawler is disabled, so it lists no keys',
        'it can’t be drained, and copies can’t be restored from it',
        'send it "lru_crawler enable", or start it without -o no_lru_crawler',
      ])
    : finding('warning', 'crawler', id, [
        'it lists no keys, so nothing can be copied from it at once',
        'a proxy stands before it, or the service refuses `lru_crawler metadump`, as ElastiCache does from 1.6.17',
        `before it is removed: \`sess drain ${id} --until-expired\`. With copies: 2, a lost copy is restored when its session is used`,
      ]);
}

/** The node answers requests but reports no statistics: a proxy, or a service that does not allow them. */
async function silent(
  node: { probe(): Promise<string> } | undefined,
  id: string,
  error: string,
  isListed: boolean,
): Promise<Finding> {
  const version = await node?.probe().catch(() => undefined);
  if (version !== undefined)
    return finding('warning', 'statistics', id, [
      `it answers (version ${version}) and tells nothing of itself: ${error}`,
      'a proxy stands before it, or the service allows no `stats`',
      'look at evictions and memory where the service shows them; drains need a node that lists its keys',
    ]);
  return isListed
    ? finding('error', 'reachable', id, [
        `it does not answer: ${error}`,
        'it is down, a firewall is in between, or it wants TLS or credentials',
        'restart it or take it off the list; check security groups, `memcacheds://` or `elasticaches://`, SESS_USERNAME and SESS_PASSWORD',
      ])
    : finding('warning', 'reachable', id, [
        'it left the list and does not answer, while sessions may be on it that are nowhere else',
        'it was stopped without a drain, before its handover was over',
        'start it again if you can, and drain it; otherwise those sessions are lost',
      ]);
}

/** The node started after a ring with it came into use: it restarted, and came back empty. */
function restart(
  { client: { topology, handovers }, copies }: ObservedCluster,
  { id, share }: NodeReport,
  { time, uptimeSeconds }: NodeFigures,
): readonly Finding[] {
  const startedAt = time - 1_000 * uptimeSeconds;
  const rings = [topology.ring, ...handovers.map(({ ring }) => ring)];
  const wasInUse = rings.some(
    (ring) => ring?.nodes.some((node) => node.id === id) === true && ring.since < startedAt - CLOCK_MS,
  );
  if (!wasInUse || uptimeSeconds > RESTART_SECONDS) return [];
  const held = share === undefined ? '' : `, about ${percent(share)} of the sessions`;
  return [
    finding('warning', 'restarted', id, [
      `it started ${duration(uptimeSeconds)} ago, while it was in use, and came back empty`,
      copies > 1
        ? 'its sessions are read from their other copies, and copied back'
        : `with one copy of each session, what it held${held} is lost unless it was drained before: those users were logged out`,
      'look for the reason where the node runs (a restart by the provider, out of memory); drain a node before a planned restart, or keep two copies',
    ]),
  ];
}

function clock(id: string, { clockOffsetMs }: NodeFigures): readonly Finding[] {
  if (Math.abs(clockOffsetMs) < CLOCK_MS) return [];
  return [
    finding('warning', 'clock', id, [
      `its clock is ${duration(Math.abs(clockOffsetMs) / 1_000)} ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} this machine's`,
      'sessions of more than 30 days end by the node’s clock, and a clock that is wrong here may be wrong on application servers',
      'run a time service (chrony) on both',
    ]),
  ];
}

function memory(id: string, figures: NodeFigures): readonly Finding[] {
  const { bytes: used, limitBytes, evictions, uptimeSeconds } = figures;
  const share = used / Math.max(1, limitBytes);
  if (evictions > 0)
    return [
      finding('error', 'evictions', id, [
        `it evicted ${count(evictions)} items in ${duration(uptimeSeconds)}, with ${percent(share)} of its memory used`,
        'its memory is too small for the sessions that live at once: users are logged out early',
        'add a node or memory (-m), or shorten ttlSeconds; `sess plan --add 1` shows what a node would take over',
      ]),
    ];
  if (share < FULL) return [];
  return [
    finding('warning', 'memory', id, [
      `${bytes(used)} of ${bytes(limitBytes)} are used (${percent(share)})`,
      'when it is full it evicts sessions',
      'add a node or memory (-m) before that; `sess plan --add 1` shows what a node would take over',
    ]),
  ];
}

function connections(id: string, figures: NodeFigures): readonly Finding[] {
  const { connections: open, maxConnections, rejectedConnections } = figures;
  if (rejectedConnections > 0)
    return [
      finding('error', 'connections', id, [
        `it refused or kept waiting ${count(rejectedConnections)} connections; ${count(open)} of ${count(maxConnections)} are open`,
        'more processes connect than it allows',
        'raise -c on the node, or find what connects: @sess keeps one connection for each process and node',
      ]),
    ];
  if (maxConnections === 0 || open < FULL * maxConnections) return [];
  return [
    finding('warning', 'connections', id, [
      `${count(open)} of ${count(maxConnections)} connections are open`,
      'one more deploy may pass the limit: for a while old and new processes connect',
      'raise -c on the node',
    ]),
  ];
}

function examineSettings(id: string, settings: ReadonlyMap<string, string>): readonly Finding[] {
  const itemBytes = Number(settings.get('item_size_max') ?? Infinity);
  return [
    ...(itemBytes < SESSION_ITEM_BYTES
      ? [
          finding('warning', 'item-size', id, [
            `it takes items of ${bytes(itemBytes)} at most (-I), and a session may have 64 KiB by default`,
            'a larger session is refused with SESS_TOO_LARGE',
            'raise -I on every node, or set maxBytes of sessions below it',
          ]),
        ]
      : []),
    ...(settings.get('cas_enabled') === 'no'
      ? [
          finding('error', 'cas', id, [
            'it keeps no CAS numbers (-C)',
            'a change of a session is a compare-and-swap, which needs them',
            'start it without -C',
          ]),
        ]
      : []),
    ...(settings.get('evictions') === 'off'
      ? [
          finding('warning', 'no-evictions', id, [
            'it refuses new sessions when it is full (-M), instead of evicting the least recently used',
            'with -M a full node answers SERVER_ERROR out of memory: nobody can log in',
            'start it without -M, or keep an eye on its memory',
          ]),
        ]
      : []),
  ];
}
