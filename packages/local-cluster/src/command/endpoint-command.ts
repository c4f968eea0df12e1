import { startConfigurationEndpoint } from '../configuration/configuration-endpoint.ts';
import type { EndpointArguments } from './arguments.ts';
import { exitCodeOf, untilInputEnds, untilSignal } from './lifetime.ts';
import { readTls } from './option-files.ts';
import type { Report } from './report.ts';

/** Runs only the endpoint, for nodes that run elsewhere; resolves to the exit code. */
export async function serveEndpoint(words: EndpointArguments, report: Report): Promise<number> {
  const tls = await readTls(words.tlsKeyFile, words.tlsCertFile);
  const signal = untilSignal();
  // No address: each client resolves the name itself.
  const nodes = words.list.map(({ host, port }) => ({ host, address: '', port }));
  const endpoint = await startConfigurationEndpoint({
    host: words.host,
    port: words.port,
    tls,
    listing: () => ({ version: 1, nodes }),
  });
  report.endpointStarted(
    `${endpoint.host}:${endpoint.port}`,
    words.list.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
  );
  const ending = await Promise.race([
    signal,
    untilInputEnds((line) => Promise.resolve(line.trim() === 'quit' ? 'quit' : 'go on'), ''),
  ]);
  await endpoint.close();
  report.stopped();
  return exitCodeOf(ending);
}
