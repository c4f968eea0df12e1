import { SessionError, type SaveOptions, type SessionStore, type StoredSession } from '@sess/session';
import type { Client } from 'memjs';
import type { MemjsCluster } from './memjs-cluster.ts';

/**
 * Sessions over memjs as most people use it: `get`, `set`, and the node that memjs picks. Its API has no compare-and-swap, so of two saves at
 * once the later one wins, and a destroyed session leaves no tombstone.
 */
export class MemjsStore implements SessionStore {
  readonly name = 'memjs';
  readonly #cluster: MemjsCluster;

  constructor(cluster: MemjsCluster) {
    this.#cluster = cluster;
  }

  async load(key: string): Promise<StoredSession | undefined> {
    const { value } = await this.#ask((client) => client.get(key));
    return value === null ? undefined : asStored(value);
  }

  async save(key: string, value: Uint8Array, { ttlSeconds, expect }: SaveOptions): Promise<StoredSession> {
    const bytes = Buffer.from(value);
    if (expect !== 'absent') {
      await this.#ask((client) => client.set(key, bytes, { expires: ttlSeconds }));
    } else if (!(await this.#ask((client) => client.add(key, bytes, { expires: ttlSeconds })))) {
      throw new SessionError('SESS_CONFLICT', 'memjs: there is a session under this key');
    }
    return asStored(bytes, ttlSeconds);
  }

  touch(key: string, ttlSeconds: number): Promise<boolean> {
    return this.#ask((client) => client.touch(key, ttlSeconds));
  }

  destroy(key: string): Promise<boolean> {
    return this.#ask((client) => client.delete(key));
  }

  async close(): Promise<void> {
    this.#cluster.close();
  }

  /** memjs tells no answer and a refusal alike; either says nothing about whether the session exists. */
  async #ask<T>(send: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.#cluster.request(send);
    } catch (cause) {
      throw new SessionError('SESS_UNAVAILABLE', `memjs: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

function asStored(value: Buffer, ttlSeconds?: number): StoredSession {
  return { value, token: undefined, ttlSeconds };
}
