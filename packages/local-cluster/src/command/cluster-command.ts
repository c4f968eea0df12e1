import type { LocalCluster } from '../local-cluster.ts';
import type { LocalClusterOptions } from '../options.ts';
import { startLocalCluster } from '../start-local-cluster.ts';
import type { ClusterArguments } from './arguments.ts';
import { Control } from './control.ts';
import { exitCodeOf, untilInputEnds, untilSignal, type Ending } from './lifetime.ts';
import { readCredentials, readTls } from './option-files.ts';
import type { Report } from './report.ts';

/** Runs a cluster until the user ends it; resolves to the exit code. */
export async function serveCluster(words: ClusterArguments, report: Report): Promise<number> {
  const options = await clusterOptions(words);
  const signal = untilSignal();
  const steer = async (running: LocalCluster): Promise<{ readonly ending: Ending; readonly failures: number }> => {
    const control = new Control(running, report, process.stdout);
    report.started(running, control.nodes);
    const ending = await Promise.race([signal, untilInputEnds((line) => control.run(line), 'sess-cluster> ')]);
    return { ending, failures: control.failures };
  };
  const starting = startLocalCluster(options);
  // After Ctrl-C during the start, everything started is ended as soon as possible.
  const early = await Promise.race([signal, starting]);
  const cluster = await starting;
  const { ending, failures } = typeof early === 'string' ? { ending: early, failures: 0 } : await steer(cluster);
  await cluster.close();
  // The cursor is behind the prompt.
  if (process.stdin.isTTY && ending !== 'quit') process.stdout.write('\n');
  report.stopped();
  return failures > 0 && !process.stdin.isTTY ? 1 : exitCodeOf(ending);
}

export async function clusterOptions(words: ClusterArguments): Promise<LocalClusterOptions> {
  const credentials = await readCredentials(words.credentialsFile);
  const tls = await readTls(words.tlsKeyFile, words.tlsCertFile);
  return {
    nodes: words.nodes,
    runtime: words.runtime,
    configurationPort: words.port,
    memoryMegabytes: words.memoryMegabytes,
    ...(words.engine !== undefined && { containerEngine: words.engine }),
    ...(words.image !== undefined && { containerImage: words.image }),
    ...(words.memcached !== undefined && { memcachedPath: words.memcached }),
    ...(credentials && { credentials }),
    ...(tls && { tls }),
  };
}
