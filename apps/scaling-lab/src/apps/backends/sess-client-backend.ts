import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createClient, type Client, type RereplicationMessage } from '@sess/client';
import type { MissEvent } from '@sess/session';
import type { AppConfig, MissCount } from '../app-messages.ts';
import { discoveryOf } from '../node-source.ts';
import { HISTORY_SECRET, PACE } from './pace.ts';
import { ANSWER_TIMEOUT_MS, READY_TIMEOUT_MS, type ClientAndBacking, type SessionBackend } from './session-backend.ts';

/** PGlite executes one statement at a time: more connections would only wait in the database. */
const DATABASE_CONNECTIONS = 2;
/**
 * Timeout of a database query, and of a request's wait for its turn, in milliseconds. Long, because all users of a
 * crashed node may come at once.
 */
const DATABASE_TIMEOUT_MS = 5 * ANSWER_TIMEOUT_MS;

/** This project's client over the list, with the settings of {@link PACE}. */
export async function openSessClientBackend({
  nodes,
  pollIntervalMs,
  copies,
  transport,
  database,
}: AppConfig): Promise<SessionBackend> {
  const client = createClient({
    discovery: discoveryOf(nodes, pollIntervalMs),
    zoneOf: nodes.zones === undefined ? undefined : ({ id }) => nodes.zones?.[id],
    transport: transport === 'memjs' ? (await import('@sess/memjs-transport')).memjsTransport() : undefined,
    copies,
    timeoutMs: ANSWER_TIMEOUT_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    historyIntervalMs: PACE.historyIntervalMs,
    handover: { clockSkewMs: PACE.clockSkewMs },
    historySecret: HISTORY_SECRET,
  });
  const sessions: ClientAndBacking = database === undefined ? { client } : await withDatabase(client, database);
  const restored: string[] = [];
  const onRereplication = (message: unknown): void => {
    const { node, reason, phase } = message as RereplicationMessage;
    if (reason === 'left' && phase === 'done') restored.push(node);
  };
  subscribe('sess:client:rereplication', onRereplication);
  const misses = new Map<string, MissCount>();
  const onMiss = (message: unknown): void => {
    const { cause, certainty, node = 'unknown' } = message as MissEvent;
    const isSure = certainty !== 'possible';
    const key = `${node} ${cause} ${isSure}`;
    misses.set(key, { node, cause, isSure, count: (misses.get(key)?.count ?? 0) + 1 });
  };
  subscribe('sess:session:miss', onMiss);
  return {
    sessions,
    ready: () => client.ready(),
    status: () => {
      const { nodes: listed, states } = client.topology;
      return {
        nodes: listed.map((node) => node.id),
        down: listed.filter((node) => states.get(node.id) === 'down').map((node) => node.id),
        // Both need the nodes to list their keys, which the binary protocol can't.
        restored: copies > 1 && transport === 'text' ? restored : undefined,
        handovers: transport === 'text' ? client.handovers.length : undefined,
        misses: [...misses.values()],
      };
    },
    drain: async (node) => void (await client.drain(node)),
    close: async () => {
      unsubscribe('sess:client:rereplication', onRereplication);
      unsubscribe('sess:session:miss', onMiss);
      // If an app was built, it has closed the backing already; a second close does no harm.
      await sessions.backing?.close?.();
      await client.close();
    },
  };
}

async function withDatabase(client: Client, connectionString: string): Promise<ClientAndBacking> {
  const { postgresBacking } = await import('@sess/postgres-backing');
  return {
    client,
    backing: postgresBacking({
      connectionString,
      connections: DATABASE_CONNECTIONS,
      statementTimeoutMs: DATABASE_TIMEOUT_MS,
    }),
    backingLimits: { timeoutMs: DATABASE_TIMEOUT_MS },
  };
}
