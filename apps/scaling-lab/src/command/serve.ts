import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openEnvironment, type Ownership } from '../environment/open-environment.ts';
import type { LabOptions } from './options.ts';
import type { Progress } from '../process/progress.ts';
import { serveText } from './serve-text.ts';
import { SERVE_COMMANDS } from './serve-commands.ts';
import { everyProcessKnows, type StrategyRun } from '../environment/environment.ts';

export interface ServeStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: { write(text: string): unknown };
}

/**
 * Keeps the cluster and the apps up, and does what is typed, until `quit` or the signal. Rejects only when it can't
 * start.
 */
export async function serve(
  options: LabOptions,
  ownership: Ownership,
  progress: Progress,
  { input, output }: ServeStreams,
): Promise<void> {
  progress.begin('serve');
  const environment = await openEnvironment(options, options.nodes, ownership, progress);
  // One strategy is served, says the check of the options.
  const [strategyRun] = environment.strategyRuns;
  if (strategyRun === undefined) throw new Error('there is no strategy to serve');
  progress.clear();
  output.write(serveText(strategyRun, environment.secret));

  const lines = createInterface({ input });
  let turn: Promise<void> = Promise.resolve();
  const quit = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const words = line.trim().split(/\s+/);
      if (words[0] === 'quit') resolve();
      // One after another, as typed.
      else if (words[0] !== '') turn = turn.then(() => obey(strategyRun, environment.signal, words, output));
    });
  });
  await Promise.race([quit, aborted(ownership.signal)]);
  lines.close();
  await turn;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function obey(
  strategyRun: StrategyRun,
  signal: AbortSignal,
  [name = '', id]: readonly string[],
  output: ServeStreams['output'],
): Promise<void> {
  const command = Object.hasOwn(SERVE_COMMANDS, name) ? SERVE_COMMANDS[name] : undefined;
  if (command === undefined) {
    output.write(`unknown command "${name}"; there are ${Object.keys(SERVE_COMMANDS).join(', ')}, quit\n`);
    return;
  }
  try {
    const done = await command.run(strategyRun.cluster, id);
    await everyProcessKnows(strategyRun, signal);
    output.write(`${done}\n`);
  } catch (error) {
    if (!signal.aborted) output.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
