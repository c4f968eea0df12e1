import { createClient, SessClientError, type CacheRecord, type Client } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, it } from 'vitest';

import { GuardLease, LEASE_MS } from './lease.ts';
import type { LeaseClock, Moment } from './lease-clock.ts';

/** A clock that the test controls; its wall clock can jump. */
class TestClock implements LeaseClock {
  steady = 0;
  wall = 0;
  pass(ms: number): void {
    this.steady += ms;
    this.wall += ms;
  }
  now(): Moment {
    return { steady: this.steady, wall: this.wall };
  }
  mostSince({ steady, wall }: Moment): number {
    return Math.max(this.steady - steady, this.wall - wall);
  }
  steadyBetween(from: Moment, to: Moment): number {
    return to.steady - from.steady;
  }
}

async function expectHeldAfterALease(lease: GuardLease, clock: TestClock): Promise<void> {
  for (let passed = 0; passed < LEASE_MS; passed += LEASE_MS / 3) {
    await lease.check();
    expect(lease.isHeld).toBe(false);
    clock.pass(LEASE_MS / 3);
  }
  await lease.check();
  expect(lease.isHeld).toBe(true);
}

describe('the lease of a guard', () => {
  it('is acted by after a claim that nobody objected to for as long as a lease lasts', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    await using client = createClient({ servers: cluster.url });
    const clock = new TestClock();
    const lease = new GuardLease(client, 'shop', { name: 'first', clock });
    await expectHeldAfterALease(lease, clock);
    clock.pass((2 * LEASE_MS) / 3);
    expect(lease.isHeld).toBe(false);
  });

  it('is free at once when its holder has stopped, and stays with the guard that took it meanwhile', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    await using client = createClient({ servers: cluster.url });
    const clock = new TestClock();
    const [first, second] = ['first', 'second'].map((name) => new GuardLease(client, 'shop', { name, clock })) as [
      GuardLease,
      GuardLease,
    ];
    await client.set('sess-guard/shop/lease', 'free', { ttlSeconds: 600 });
    await first.check();
    expect(first.isHeld).toBe(true);
    await second.check();
    expect(second.isHeld).toBe(false);
    await first.release();
    await second.check();
    expect([first.isHeld, second.isHeld]).toEqual([false, true]);
    // A guard that stops late does not change another guard's lease.
    await first.release();
    expect((await client.get('sess-guard/shop/lease'))?.value.toString()).toBe('second');
  });

  it('is taken from a holder that has not renewed it for as long as a lease lasts', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    await using client = createClient({ servers: cluster.url });
    const clock = new TestClock();
    await client.set('sess-guard/shop/lease', 'killed', { ttlSeconds: 600 });
    const lease = new GuardLease(client, 'shop', { name: 'next', clock });
    await expectHeldAfterALease(lease, clock);
  });

  it('ends while the machine is suspended, and for who works by it, too', async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime: 'embedded' });
    await using client = createClient({ servers: cluster.url });
    const clock = new TestClock();
    const ended: AbortSignal[] = [];
    const lease = new GuardLease(client, 'shop', { name: 'first', clock, onHeld: (signal) => ended.push(signal) });
    await client.set('sess-guard/shop/lease', 'free', { ttlSeconds: 600 });
    await lease.check();
    expect(ended.map(({ aborted }) => aborted)).toEqual([false]);
    clock.wall += LEASE_MS;
    expect(lease.isHeld).toBe(false);
    await lease.check();
    expect(ended.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('is never held by two, whatever is lost, late, or refused, and by one when nothing is', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const world = new World(seed);
      expect(await world.mostHeldIn(300), `seed ${seed}`).toBeLessThanOrEqual(1);
      world.isCalm = true;
      expect(await world.mostHeldIn(300), `seed ${seed}`).toBe(1);
    }
  });
});

const SEEDS = 400;

/** Three guards, and a store that loses the record, answers late, or executes requests without an answer. */
class World {
  readonly #clock = new TestClock();
  readonly #random: () => number;
  readonly #leases: readonly GuardLease[];
  readonly #looking = new Set<GuardLease>();
  readonly #lookedAt = new Map<GuardLease, number>();
  /** Requests that the store has not executed yet. */
  #requests: Request[] = [];
  #record: CacheRecord | undefined;
  #version = 0n;
  /** Whether faults have stopped. */
  isCalm = false;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    const store = { get: () => this.#ask(() => this.#record), set: this.#set } as Pick<Client, 'get' | 'set'>;
    this.#leases = ['a', 'b', 'c'].map((name) => new GuardLease(store, 'shop', { name, clock: this.#clock }));
  }

  /** The most guards that held the lease at the same time. */
  async mostHeldIn(steps: number): Promise<number> {
    let most = 0;
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      most = Math.max(most, this.#leases.filter(({ isHeld }) => isHeld).length);
    }
    return most;
  }

  async #step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.4) this.#clock.pass(this.#random() * 4_000);
    else if (dice < 0.43 && !this.isCalm) this.#record = undefined;
    for (const lease of this.#leases) {
      const isDue = this.#clock.steady - (this.#lookedAt.get(lease) ?? -Infinity) >= LEASE_MS / 3;
      if (isDue && !this.#looking.has(lease) && this.#random() < 0.5) this.#look(lease);
    }
    for (const request of this.#requests) {
      const age = this.#clock.steady - request.at;
      if (age > TIMEOUT_MS) request.reject(new SessClientError('SESS_TIMEOUT', 'late'));
      // A request that timed out may still be executed, for less than a third of a lease.
      const isCarriedOut = this.#random() < 0.5 || age > LATEST_MS;
      if (isCarriedOut) request.carryOut(!this.isCalm && this.#random() < 0.1);
    }
    this.#requests = this.#requests.filter(({ isDone }) => !isDone);
    await settled();
  }

  #look(lease: GuardLease): void {
    this.#looking.add(lease);
    this.#lookedAt.set(lease, this.#clock.steady);
    void lease.check().then(() => this.#looking.delete(lease));
  }

  readonly #set: Client['set'] = (_key, value, { expect: expected }) =>
    this.#ask(() => {
      const isMet = expected === 'absent' ? this.#record === undefined : this.#record?.version === expected?.version;
      if (!isMet) throw new SessClientError('SESS_CONFLICT', 'changed');
      this.#version += 1n;
      this.#record = { value: Buffer.from(value), version: this.#version, ttlSeconds: undefined };
      return this.#record;
    });

  #ask<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        at: this.#clock.steady,
        isDone: false,
        reject,
        carryOut(isAnswerLost) {
          request.isDone = true;
          try {
            const answer = work();
            if (isAnswerLost) reject(new SessClientError('SESS_CONNECTION', 'lost'));
            else resolve(answer);
          } catch (error) {
            reject(error);
          }
        },
      };
      this.#requests.push(request);
    });
  }
}

interface Request {
  readonly at: number;
  isDone: boolean;
  readonly reject: (error: Error) => void;
  carryOut(isAnswerLost: boolean): void;
}

const TIMEOUT_MS = 5_000;
const LATEST_MS = LEASE_MS / 3 - 4_500;

/** Resolves when the guards have processed all answers. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
