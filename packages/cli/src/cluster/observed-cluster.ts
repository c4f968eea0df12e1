/** Observes a cluster with a read-only client. Other clients are not affected. */
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

import { reachingOwnPod } from './own-pod.ts';
import type { ClusterSettings } from './settings.ts';

export interface ObservedCluster {
  readonly client: Client;
  /** The given settings, completed by those that were read from the clients' history. */
  readonly settings: ClusterSettings;
  /** How many copies the clients keep of each session. */
  readonly copies: number;
  /** The connections by node id, including nodes that left the list. */
  readonly nodes: ReadonlyMap<string, NodeTransport>;
  /** Another view of the same nodes that a client acts on: its settings differ from ours. */
  readonly disagreement: Handover | undefined;
  close(): Promise<void>;
}

/** Longest wait for the first read of the history, for nodes that do not answer. */
const TIMEOUT_MS = 5_000;
const POLL_MS = 20;

/**
 * Observes the cluster with the copies and zones of its clients. If the history has a view of the same nodes that was
 * confirmed later than the one with the given or assumed settings, its settings are used.
 *
 * @throws {SessClientError} if no node is known
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

/** The settings of the clients that act on `theirs`, except those that were given; `undefined` if nothing differs. */
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
    // No caller waits for pending requests.
    close: async () => client.destroy(),
  };
}

/** Options for a client with these settings. */
export function clientOptions(settings: ClusterSettings, copies: number): ClientOptions {
  const { servers, historySecret, credentials, timeouts, zones } = settings;
  return {
    servers,
    copies,
    transport: transportOf(settings),
    ...timeouts,
    ...(zones !== undefined && { zoneOf: ({ id }: { readonly id: string }) => zones.get(id) }),
    ...(historySecret !== undefined && { historySecret }),
    ...(credentials !== undefined && { credentials }),
  };
}

/**
 * Resolves when the list and the history are known, even if no listed node answers: the command shows that.
 */
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

function transportOf({ dialect, ownPod }: ClusterSettings): Transport {
  return reachingOwnPod(textTransport({ dialect }), ownPod);
}

/** The built-in transport, and the connections that it has open. */
function trackedTransport(settings: ClusterSettings): {
  readonly transport: Transport;
  readonly nodes: ReadonlyMap<string, NodeTransport>;
} {
  const inner = transportOf(settings);
  const nodes = new Map<string, NodeTransport>();
  const open: Transport['open'] = (node, options, events) => {
    const speaker = inner.open(node, options, events);
    nodes.set(node.id, speaker);
    const destroy = speaker.destroy.bind(speaker);
    speaker.destroy = () => {
      // The client has stopped using it.
      if (nodes.get(node.id) === speaker) nodes.delete(node.id);
      destroy();
    };
    return speaker;
  };
  return { transport: { name: inner.name, open }, nodes };
}

/** Other views of the same nodes: with other copies, or another distribution. */
function ofRotation({ handovers, topology: { rotation } }: Client): readonly Handover[] {
  return handovers.filter(
    ({ nodes }) => nodes.length === rotation.length && nodes.every((id) => rotation.includes(id)),
  );
}

function latestOfRotation(client: Client): Handover | undefined {
  return ofRotation(client).toSorted((one, other) => other.since - one.since)[0];
}
