/** A look at a cluster that leaves no trace: no other client takes notice of it. */
import {
  createClient,
  SessClientError,
  textTransport,
  type Client,
  type ClientOptions,
  type Handover,
  type NodeTransport,
  type Transport,
} from '@sess/client';

import type { ClusterSettings } from './settings.ts';

export interface ObservedCluster {
  readonly client: Client;
  /** What was told, with what was found out of the clients' settings. */
  readonly settings: ClusterSettings;
  /** How many nodes hold each session, as the clients act. */
  readonly copies: number;
  /** What speaks to each node that the client knows, by id: those that left the list as well. */
  readonly nodes: ReadonlyMap<string, NodeTransport>;
  /** Another view of the very nodes in rotation that somebody acts on: its settings are others than ours. */
  readonly disagreement: Handover | undefined;
  close(): Promise<void>;
}

/** For nodes that do not answer: reading what came before takes as long as a request. */
const TIMEOUT_MS = 5_000;
const POLL_MS = 20;

/**
 * Looks at the cluster with the copies and the zones that its clients have: a view of the very nodes in rotation that was
 * confirmed later than the one with those that were told, or assumed, is theirs.
 *
 * @throws {SessClientError} when nothing is known of any node.
 */
export async function observe(settings: ClusterSettings): Promise<ObservedCluster> {
  const assumed = await observeWith(settings);
  const theirs = latestOfRotation(assumed.client);
  const theirSettings = theirs && settingsOf(theirs, assumed);
  if (theirs === undefined || theirSettings === undefined) return assumed;
  const adopted = await observeWith(theirSettings);
  const before = latestOfRotation(adopted.client);
  const isAssumedLater =
    before !== undefined &&
    before.ring.fingerprint === assumed.client.topology.ring?.fingerprint &&
    before.since > theirs.since;
  await (isAssumedLater ? adopted : assumed).close();
  return isAssumedLater ? assumed : adopted;
}

/** With what clients of `theirs` were made, as far as nobody told it; `undefined` where that is what was assumed. */
function settingsOf(
  { copies, ring }: Handover,
  { settings, copies: assumed, client }: ObservedCluster,
): ClusterSettings | undefined {
  const isTold = settings.copies !== undefined && settings.copies !== copies;
  const zones = new Map(ring.nodes.flatMap(({ id, zone }) => (zone === undefined ? [] : [[id, zone] as const])));
  const areZonesTold = client.topology.nodes.some(({ zone }) => zone !== undefined);
  const takesZones = zones.size > 0 && !areZonesTold;
  if (isTold || (copies === assumed && !takesZones)) return undefined;
  return { ...settings, copies, ...(takesZones && { zones }) };
}

async function observeWith(settings: ClusterSettings): Promise<ObservedCluster> {
  const { copies = 1 } = settings;
  const { transport, nodes } = trackedTransport(settings);
  const client = createClient({ ...clientOptions(settings, copies), transport, observe: true });
  try {
    await readyToShow(client);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    client,
    settings,
    copies,
    nodes,
    disagreement: ofRotation(client).find(({ phase }) => phase === 'overlap'),
    // Nobody waits for what it asked.
    close: async () => client.destroy(),
  };
}

/** What a client of the same settings is made with. */
export function clientOptions(settings: ClusterSettings, copies: number): ClientOptions {
  const { servers, historySecret, credentials, timeouts, zones } = settings;
  return {
    servers,
    copies,
    ...timeouts,
    ...(zones !== undefined && { zoneOf: ({ id }: { readonly id: string }) => zones.get(id) }),
    ...(historySecret !== undefined && { historySecret }),
    ...(credentials !== undefined && { credentials }),
  };
}

/** Until it is known which nodes there are and what came before; that none of them answers is something to show. */
async function readyToShow(client: Client): Promise<void> {
  let failure: unknown;
  await client.ready().catch((error: unknown) => {
    failure = error;
  });
  if (client.topology.nodes.length === 0 && failure !== undefined) throw failure;
  const waitUntil = performance.now() + TIMEOUT_MS;
  while (client.explain('any').owners.length === 0) {
    if (performance.now() > waitUntil)
      throw new SessClientError('SESS_UNAVAILABLE', 'No node tells what came before.', { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The built-in transport, and what it opened and did not close since. */
function trackedTransport({ dialect }: ClusterSettings): {
  readonly transport: Transport;
  readonly nodes: ReadonlyMap<string, NodeTransport>;
} {
  const inner = textTransport({ dialect });
  const nodes = new Map<string, NodeTransport>();
  const open: Transport['open'] = (node, options, events) => {
    const speaker = inner.open(node, options, events);
    nodes.set(node.id, speaker);
    const destroy = speaker.destroy.bind(speaker);
    speaker.destroy = () => {
      // The client asks it for nothing any more.
      if (nodes.get(node.id) === speaker) nodes.delete(node.id);
      destroy();
    };
    return speaker;
  };
  return { transport: { name: inner.name, open }, nodes };
}

/** Other views of the very nodes in rotation: with other copies, or another distribution. */
function ofRotation({ handovers, topology: { rotation } }: Client): readonly Handover[] {
  return handovers.filter(
    ({ nodes }) => nodes.length === rotation.length && nodes.every((id) => rotation.includes(id)),
  );
}

function latestOfRotation(client: Client): Handover | undefined {
  return ofRotation(client).toSorted((one, other) => other.since - one.since)[0];
}
