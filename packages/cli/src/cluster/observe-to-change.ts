/**
 * The look of a command that will change the cluster. A client with a wrong secret must not join: it has a history of
 * its own, so nobody follows it, and drains with the right secret are refused while it counts as using the nodes.
 */
import { UsageError } from '../usage-error.ts';
import { nodeReports, type NodeReport } from './node-report.ts';
import { observe, type ObservedCluster } from './observed-cluster.ts';
import type { ClusterSettings } from './settings.ts';

export const SETTINGS_DIFFER =
  'The clients place sessions otherwise than this command was told, and would not follow it: give the `copies` and `distribution` that they have, as in SESS_SERVERS=…?copies=2&distribution=rendezvous.';

/** @throws {UsageError} if the nodes are in use, but by no client with this secret */
export async function observeToChange(settings: ClusterSettings): Promise<ObservedCluster> {
  const observed = await observe(settings);
  if (!isSilent(observed)) return observed;
  const unknown = secretUnknown(observed, await nodeReports(observed, settings));
  if (unknown === undefined) return observed;
  await observed.close();
  throw new UsageError(`${unknown} Nothing was changed.`);
}

/** @throws {UsageError} if the clients act on the same nodes with other settings */
export function requireSameSettings({ disagreement }: ObservedCluster): void {
  if (disagreement !== undefined) throw new UsageError(SETTINGS_DIFFER);
}

/** What to check if the nodes hold items, and no client with this secret was ever there; otherwise `undefined`. */
export function secretUnknown(observed: ObservedCluster, reports: readonly NodeReport[]): string | undefined {
  if (!isSilent(observed) || !reports.some(({ figures }) => figures !== undefined && figures.items > 0))
    return undefined;
  const { secretFrom } = observed.settings;
  const [whose, theirs] = secretFrom === undefined ? ['without a', 'a'] : ['with this', 'another'];
  return `The nodes hold items, but no application server ${whose} secret was ever here: they have ${theirs} historySecret, or other programs use the nodes. ${secretAdvice(secretFrom)}`;
}

/** Each secret has a history of its own: with another one, it is empty. */
function isSilent({ client }: ObservedCluster): boolean {
  return client.topology.ring?.confirmedAt === undefined && client.handovers.length === 0;
}

/** @param from where this command has its secret */
export function secretAdvice(from: string | undefined): string {
  return from === undefined
    ? 'Set SESS_SECRET to the application’s secret, or SESS_HISTORY_SECRET to the client’s historySecret.'
    : `Compare ${from} with the application’s.`;
}
