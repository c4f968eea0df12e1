import type { CacheRecord, Client, DrainProgress } from './contract.ts';
import { SessClientError } from './errors.ts';

/** A read-only client. Refuses to read records as well, because a read may repair what it finds. */
export function observing(client: Client): Client {
  return {
    observe: true,
    ready: (options) => client.ready(options),
    get: (): Promise<CacheRecord | undefined> => refuse('get'),
    set: (): Promise<CacheRecord> => refuse('set'),
    touch: (): Promise<boolean> => refuse('touch'),
    delete: (): Promise<boolean> => refuse('delete'),
    drain: (): Promise<DrainProgress> => refuse('drain a node'),
    putBack: (): Promise<void> => refuse('put a node back'),
    safeToRemove: (nodeId, options) => client.safeToRemove(nodeId, options),
    whyMissing: (key, known, options) => client.whyMissing(key, known, options),
    explain: (key) => client.explain(key),
    get handovers() {
      return client.handovers;
    },
    get topology() {
      return client.topology;
    },
    close: () => client.close(),
    destroy: () => client.destroy(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function refuse(operation: string): Promise<never> {
  return Promise.reject(
    new SessClientError(
      'SESS_BAD_OPTION',
      `This client only looks (observe: true), so it can't ${operation}. Make one without \`observe\` for that.`,
    ),
  );
}
