import { clusterSettings, openPicture, type CauseCounts, type OpenPicture, type PictureCause } from '@sess/cli';
import { HISTORY_SECRET, PACE } from '../apps/backends/pace.ts';
import type { AppFleet } from '../apps/app-fleet.ts';
import type { StrategyRun } from '../environment/environment.ts';
import type { Ownership } from '../environment/open-environment.ts';
import { DEMO_STYLE, nodeButtons, scorePanel } from './demo-panels.ts';
import { LiveShop } from './live-shop.ts';
import type { NodeAction, ServedNodes } from './served-nodes.ts';

const ACTIONS: readonly NodeAction[] = ['add', 'remove', 'crash', 'restart', 'pause', 'resume', 'drain'];
const LOOK_EVERY_MS = 1_000;

export interface DemoPageOptions {
  readonly strategyRuns: readonly StrategyRun[];
  /** The run whose cluster the page shows. */
  readonly shown: StrategyRun;
  readonly nodes: ServedNodes;
  /** Users per strategy. */
  readonly users: number;
}

/** Starts the users of every cluster, and serves the page. `ownership` closes both. */
export async function openDemoPage(options: DemoPageOptions, { cleanup }: Ownership): Promise<OpenPicture> {
  const { strategyRuns, shown, nodes, users } = options;
  const shops = strategyRuns.map((strategyRun) => ({ strategyRun, shop: LiveShop.over(strategyRun.fleet, users) }));
  cleanup.add(async () => shops.forEach(({ shop }) => shop.close()));
  const tellsCauses = shown.strategy.store === 'sess-client';
  const causes = tellsCauses ? new MissCauses(shown.fleet) : undefined;
  cleanup.add(async () => causes?.close());
  const page = await openPicture({
    settings: clusterSettings(watchedUrl(shown), { SESS_HISTORY_SECRET: HISTORY_SECRET }),
    extension: {
      page: { title: 'sess demo', subject: `the demo: the nodes of ${shown.strategy.name}` },
      style: DEMO_STYLE,
      panels: () => [scorePanel(shops, shown, nodes)],
      nodeActions: (node) => nodeButtons(nodes, node),
      actions: Object.fromEntries(ACTIONS.map((action) => [action, (id) => nodes.act(action, id)])),
      ...(causes !== undefined && { causes: () => causes.counts }),
    },
  });
  cleanup.add(() => page.close());
  return page;
}

/** The URL of the cluster, with the app processes' settings. */
function watchedUrl({ cluster, strategy }: StrategyRun): string {
  const distribution = strategy.store === 'memjs' ? '&distribution=modulo' : '';
  return `${cluster.url}?pollIntervalMs=${LOOK_EVERY_MS / 2}&historyIntervalMs=${PACE.historyIntervalMs}&clockSkewMs=${PACE.clockSkewMs}${distribution}`;
}

/** Polls the causes of missed sessions from all app processes. */
class MissCauses {
  readonly #fleet: AppFleet;
  readonly #timer: NodeJS.Timeout;
  #counts: CauseCounts = new Map();

  constructor(fleet: AppFleet) {
    this.#fleet = fleet;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  get counts(): CauseCounts {
    return this.#counts;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // A process may end during the poll; the next poll asks the remaining ones.
    const misses = await this.#fleet.misses().catch(() => undefined);
    if (misses === undefined) return;
    const counts = new Map<string, Partial<Record<PictureCause, number>>>();
    for (const { node, cause: told, isSure, count } of misses) {
      const cause = isSure ? told : 'unknown';
      const ofNode = counts.get(node) ?? {};
      ofNode[cause] = (ofNode[cause] ?? 0) + count;
      counts.set(node, ofNode);
    }
    this.#counts = counts;
  }
}
