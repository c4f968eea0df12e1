import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openEnvironment, type Ownership } from '../environment/open-environment.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from '../process/progress.ts';
import { openDemoPage } from '../live/demo-page.ts';
import { ServedNodes } from '../live/served-nodes.ts';
import { shownOf } from '../apps/strategies.ts';
import { serveText } from './serve-text.ts';
import { SERVE_COMMANDS } from './serve-commands.ts';
import { everyProcessKnows, type StrategyRun } from '../environment/environment.ts';

export interface ServeStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: { write(text: string): unknown };
}

/** Most nodes while serving, unless `--nodes` is higher: each is a process or container in every strategy. */
const MOST_NODES = 8;

/**
 * Runs the clusters, the apps and the users' traffic, serves the page, and executes what is clicked and typed, until
 * `quit` or the signal. Rejects only if it can't start.
 */
export async function serve(
  options: LabOptions,
  ownership: Ownership,
  progress: Progress,
  { input, output }: ServeStreams,
): Promise<void> {
  progress.begin('serve');
  const environment = await openEnvironment(options, options.nodes, ownership, progress);
  const { strategyRuns, signal, secret } = environment;
  const shown = shownOf(strategyRuns);
  const nodes = new ServedNodes(strategyRuns, shown, Math.max(MOST_NODES, options.nodes));
  const { url } = await openDemoPage({ strategyRuns, shown, nodes, users: options.users }, ownership);
  progress.clear();
  output.write(serveText(shown, secret, url));

  const lines = createInterface({ input });
  let turn: Promise<void> = Promise.resolve();
  const quit = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const words = line.trim().split(/\s+/);
      if (words[0] === 'quit') resolve();
      // Runs commands one after another, in the typed order.
      else if (words[0] !== '') turn = turn.then(() => obey({ strategyRuns, nodes, signal }, words, output));
    });
  });
  await Promise.race([quit, aborted(ownership.signal)]);
  lines.close();
  await turn;
}

interface Served {
  readonly strategyRuns: readonly StrategyRun[];
  readonly nodes: ServedNodes;
  readonly signal: AbortSignal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function obey(
  { strategyRuns, nodes, signal }: Served,
  [name = '', id]: readonly string[],
  output: ServeStreams['output'],
): Promise<void> {
  const command = Object.hasOwn(SERVE_COMMANDS, name) ? SERVE_COMMANDS[name] : undefined;
  if (command === undefined) {
    output.write(`unknown command "${name}"; there are ${Object.keys(SERVE_COMMANDS).join(', ')}, quit\n`);
    return;
  }
  try {
    const done = await command.run(nodes, id);
    await Promise.all(strategyRuns.map((strategyRun) => everyProcessKnows(strategyRun, signal)));
    output.write(`${done}\n`);
  } catch (error) {
    if (!signal.aborted) output.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
