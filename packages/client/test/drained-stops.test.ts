/** A node that was drained is stopped at once, under load and before it is taken off the list: no request fails. */
import { describe, expect, inject, it } from 'vitest';

import type { Client } from '../src/contract.ts';
import { partyOfEachTest } from './party.ts';

const runtimes = inject('mainRuntimes');
const ttlSeconds = 600;
const KEYS = Array.from({ length: 200 }, (_, number) => `session-${number}`);
/** Requests of one kind in flight on each client. */
const LANES = 8;
/** Requests of each lane after the node has stopped. */
const AFTERWARDS = 50;

const party = partyOfEachTest();

/** Users of an application: requests of several kinds, until told to end. */
class Load {
  readonly failures: string[] = [];
  requests = 0;
  readonly #client: Client;
  readonly #ended: Promise<unknown>;
  #left = Infinity;

  constructor(client: Client, name: string) {
    this.#client = client;
    const kinds = [this.#read, this.#miss, this.#touchNothing, this.#save, this.#login] as const;
    const lanes = kinds.flatMap((kind, number) =>
      Array.from({ length: LANES }, (_, lane) => this.#lane(kind, `${name}-${number}-${lane}`)),
    );
    this.#ended = Promise.all(lanes);
  }

  async end(): Promise<void> {
    this.#left = AFTERWARDS * LANES;
    await this.#ended;
  }

  async #lane(kind: (id: string) => Promise<void>, name: string): Promise<void> {
    for (let turn = 0; this.#left > 0; turn += 1) {
      this.#left -= 1;
      this.requests += 1;
      // oxlint-disable-next-line no-await-in-loop
      await kind(`${name}-${turn}`).catch((error: unknown) => this.failures.push(`${kind.name}: ${String(error)}`));
    }
  }

  readonly #read = async (id: string): Promise<void> => {
    const key = KEYS[this.requests % KEYS.length] ?? id;
    if ((await this.#client.get(key)) === undefined) throw new Error(`${key} is missing`);
  };

  readonly #miss = async (id: string): Promise<void> => {
    if ((await this.#client.get(id)) !== undefined) throw new Error(`${id} is there`);
  };

  readonly #touchNothing = async (id: string): Promise<void> => {
    if (await this.#client.touch(id, ttlSeconds)) throw new Error(`${id} is there`);
  };

  /** A new session that is changed, prolonged and ended. */
  readonly #save = async (id: string): Promise<void> => {
    const created = await this.#client.set(id, 'login', { ttlSeconds, expect: 'absent' });
    await this.#client.set(id, 'changed', { ttlSeconds, expect: created });
    if (!(await this.#client.touch(id, ttlSeconds))) throw new Error(`${id} is missing`);
    if (!(await this.#client.delete(id, { ttlSeconds }))) throw new Error(`${id} is missing`);
  };

  /** A session that stays. */
  readonly #login = async (id: string): Promise<void> => {
    await this.#client.set(id, 'login', { ttlSeconds, expect: 'absent' });
    if ((await this.#client.get(id)) === undefined) throw new Error(`${id} is missing`);
  };
}

describe.each(runtimes)('a node that was drained and stops under load (%s)', (runtime) => {
  it.each([1, 2])('costs no request (copies %i)', { timeout: 120_000 }, async (copies) => {
    const [cluster, ids] = await party.startNodes(runtime, 3);
    const options = { copies, historyIntervalMs: 500, handover: { clockSkewMs: 0, finish: false } };
    const tool = await party.join(ids, options);
    const clients = [await party.join(ids, options), await party.join(ids, options)].map(({ client }) => client);
    for (const key of KEYS) await tool.client.set(key, 'login', { ttlSeconds, expect: 'absent' });
    const [, , last = ''] = ids;
    const loads = clients.map((client, number) => new Load(client, `user-${number}`));
    await tool.client.drain(last);
    await cluster.crashNode(last);
    for (const client of clients) await expect.poll(() => client.topology.states.get(last)).toBe('down');
    for (const load of loads) await load.end();
    expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
    for (const { requests } of loads) expect(requests).toBeGreaterThan(LANES * AFTERWARDS);
  });
});
