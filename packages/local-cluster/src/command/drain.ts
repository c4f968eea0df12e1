/**
 * Takes a node out of rotation without losing what it holds. That is the work of `@sess/client`, which this package does not depend on: the one
 * that is installed where the command runs does it, if there is one.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LocalCluster } from '../local-cluster.ts';
import type { Credentials, TlsMaterial } from '../options.ts';

const CLIENT = '@sess/client';

/** As much of a drain's progress as is shown. */
export interface DrainProgress {
  readonly phase: string;
  readonly keys: number;
  readonly carried: number;
  readonly agreedInMs: number;
}

interface DrainOptions {
  readonly keysPerSecond: number | undefined;
  readonly onProgress: (progress: DrainProgress) => void;
  readonly signal: AbortSignal;
}

/** As much of the client as is used here. */
interface ClientModule {
  readonly deriveHistorySecret: (secret: string) => string;
  readonly createClient: (options: object) => {
    ready(): Promise<void>;
    drain(nodeId: string, options: DrainOptions): Promise<DrainProgress>;
    close(): Promise<void>;
  };
}

/** What nodes ask of a client. */
export interface Access {
  readonly credentials: Credentials | undefined;
  readonly tls: TlsMaterial | undefined;
}

/** Resolves when everything on the node was carried to the others; stopping it by `options.signal` puts the node back. */
export async function drain(
  cluster: LocalCluster,
  id: string,
  { credentials, tls }: Access,
  options: DrainOptions,
): Promise<DrainProgress> {
  const { createClient, deriveHistorySecret } = await loadClient();
  const historySecret = historySecrets(deriveHistorySecret);
  const client = createClient({
    servers: cluster.nodes.map((node) => node.id),
    ...(historySecret.length > 0 && { historySecret }),
    credentials,
    // The certificate is this cluster's own, whatever name is in it.
    ...(tls && { tls: { ca: tls.cert, checkServerIdentity: () => undefined } }),
  });
  try {
    await client.ready();
    return await client.drain(id, options);
  } finally {
    await client.close();
  }
}

/** Of the applications that use the cluster: as they have it, or as they derive it from what signs their cookies. */
function historySecrets(derive: (secret: string) => string): readonly string[] {
  const { SESS_SECRET: secret, SESS_HISTORY_SECRET: historySecret } = process.env;
  return [...(historySecret ? [historySecret] : []), ...(secret ? [derive(secret)] : [])];
}

/** From the folder in which the command runs: the application's own, so that both mean the same by a history. */
async function loadClient(): Promise<ClientModule> {
  let path: string;
  try {
    path = createRequire(join(process.cwd(), 'sess-cluster')).resolve(CLIENT);
  } catch {
    throw new Error(`drain needs ${CLIENT}, which is not installed in ${process.cwd()}; run: npm install ${CLIENT}`);
  }
  return (await import(pathToFileURL(path).href)) as ClientModule;
}
