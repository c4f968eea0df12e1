/** Users who keep coming through two application servers, and what they met. */
import { setTimeout as pause } from 'node:timers/promises';
import { SessClientError, type Client } from '@sess/client';

import { application, KEYS } from '../run.ts';

/** Each kind of request has sessions of its own, so that none waits for another. */
const READ = KEYS.slice(0, 40);
const SAVED = KEYS.slice(40, 80);
const TOUCHED = KEYS.slice(80, 120);
const BETWEEN_VISITS_MS = 10;
const ttlSeconds = 600;

interface Crowd {
  /** Ends the visits. Failed requests, and sessions that were not found. */
  leave(): Promise<CrowdReport>;
}

interface CrowdReport {
  readonly requests: number;
  readonly failures: readonly string[];
  readonly missing: readonly string[];
}

export async function crowd(servers: string): Promise<Crowd> {
  const clients = await Promise.all([application(servers, []), application(servers, [])]);
  const over = new AbortController();
  const failures: string[] = [];
  const missing = new Set<string>();
  let requests = 0;
  const met = async (request: () => Promise<string | undefined>): Promise<void> => {
    requests += 1;
    try {
      const lost = await request();
      if (lost !== undefined) missing.add(lost);
    } catch (error) {
      failures.push(String(error));
    }
  };
  const visits = clients.map(async (client, server) => {
    for (let round = 0; !over.signal.aborted; round += 1) {
      await Promise.all([
        ...READ.map((key) => met(() => read(client, key))),
        ...SAVED.map((key) => met(() => save(client, key))),
        ...TOUCHED.map((key) => met(async () => ((await client.touch(key, ttlSeconds)) ? undefined : key))),
        // Somebody whose session has ended long ago, and somebody who comes for the first time.
        met(async () => void (await client.get(`s/unknown-${server}-${round}`))),
        met(async () => void (await client.set(`s/new-${server}-${round % 100}`, 'new', { ttlSeconds }))),
      ]);
      await pause(BETWEEN_VISITS_MS);
    }
  });
  return {
    async leave() {
      over.abort();
      await Promise.all(visits);
      await Promise.all(clients.map((client) => client.close()));
      return { requests, failures, missing: [...missing] };
    },
  };
}

async function read(client: Client, key: string): Promise<string | undefined> {
  return (await client.get(key)) === undefined ? key : undefined;
}

async function save(client: Client, key: string): Promise<string | undefined> {
  const found = await client.get(key);
  if (found === undefined) return key;
  try {
    await client.set(key, found.value, { ttlSeconds, expect: found });
  } catch (error) {
    // The other server was quicker, as it may be for any session.
    if (!SessClientError.is(error) || error.code !== 'SESS_CONFLICT') throw error;
  }
  return undefined;
}
