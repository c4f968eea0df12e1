/** `sess watch`: the status, redrawn every second or so, with what happened in between. */
import { setTimeout as wait } from 'node:timers/promises';

import { observe } from '../cluster/observed-cluster.ts';
import { MoveWatch, type MovesProgress } from '../cluster/move-watch.ts';
import { growth, sumOf, type Looks } from '../cluster/rates.ts';
import { DONE } from '../exit-codes.ts';
import { count, percent, progressText } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { CommandContext } from './command-context.ts';
import { clusterStatus, statusText, type ClusterStatus } from './status.ts';

export interface WatchOptions {
  readonly intervalSeconds: number;
  /** Number of frames; unlimited by default. */
  readonly times?: number | undefined;
}

/** What happened on all nodes between two polls. */
interface Rates {
  readonly requestsPerSecond: number;
  readonly missShare: number | undefined;
  readonly evictions: number;
}

const SCREEN = { open: '\u001B[?1049h\u001B[?25l', home: '\u001B[H\u001B[J', close: '\u001B[?25h\u001B[?1049l' };
/** Ctrl-C as a key, for a terminal in raw mode. */
const END_KEYS = ['q', 'Q', '\u0003', '\u001B'];

export async function watch({ output, settings, streams }: CommandContext, options: WatchOptions): Promise<number> {
  const asked = settings();
  const observed = await observe(asked);
  const moves = new MoveWatch(observed);
  const ending = new AbortController();
  const signal = AbortSignal.any([streams.signal, ending.signal]);
  const ownsScreen = output.isTerminal && !output.isJson;
  const offKeys = ownsScreen ? streams.onKey?.((key) => END_KEYS.includes(key) && ending.abort()) : undefined;
  if (ownsScreen) output.raw(SCREEN.open);
  try {
    let before: Moment | undefined;
    for (let time = 1; !signal.aborted; time += 1) {
      const { looks } = moves;
      const status = await clusterStatus(observed, asked);
      const progress = await moves.find(status.nodes, status.handovers);
      const moment: Moment = { status, at: performance.now() };
      const rates = before && ratesBetween(before, moment, looks);
      before = moment;
      if (ownsScreen) output.raw(SCREEN.home);
      output.data({ at: new Date().toISOString(), ...status, rates, progress: Object.fromEntries(progress) }, () =>
        screenText(status, rates, progress, output, ownsScreen),
      );
      if (time === options.times) break;
      await wait(1_000 * options.intervalSeconds, undefined, { signal }).catch(() => undefined);
    }
    return DONE;
  } finally {
    if (ownsScreen) output.raw(SCREEN.close);
    offKeys?.();
    moves.close();
    await observed.close();
  }
}

interface Moment {
  readonly status: ClusterStatus;
  readonly at: number;
}

function ratesBetween(before: Moment, after: Moment, looks: ReadonlyMap<string, Looks>): Rates {
  const seconds = (after.at - before.at) / 1_000;
  const { requests, hits, misses, evictions } = sumOf(growth(before.status.nodes, after.status.nodes, looks).values());
  return {
    requestsPerSecond: requests / seconds,
    missShare: hits + misses === 0 ? undefined : misses / (hits + misses),
    evictions,
  };
}

function screenText(
  status: ClusterStatus,
  rates: Rates | undefined,
  progress: MovesProgress,
  output: Output,
  ownsScreen: boolean,
): string {
  return [
    `${new Date().toLocaleTimeString()}${ownsScreen ? '  (q ends)' : ''}`,
    statusText(status, output),
    ...progressLines(status, progress),
    ...(rates === undefined
      ? []
      : [
          '',
          `${count(Math.round(rates.requestsPerSecond))} requests a second${
            rates.missShare === undefined ? '' : `, ${percent(rates.missShare)} of the reads found nothing`
          }, ${count(rates.evictions)} evictions since the last observed`,
        ]),
  ].join('\n');
}

/** One line for each drain and handover whose progress is known. */
function progressLines({ nodes, handovers }: ClusterStatus, progress: MovesProgress): readonly string[] {
  const names = [
    ...nodes.map(({ id }) => [id, `Drain of ${id}`] as const),
    ...handovers.map(({ ring, nodes: ids }) => [ring.fingerprint, `From ${ids.join(', ')}`] as const),
  ];
  const lines = names.flatMap(([name, what]) => {
    const known = progress.get(name);
    return known === undefined ? [] : [`${what}: ${progressText(known)}`];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}
