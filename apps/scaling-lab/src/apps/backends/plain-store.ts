import { SessionError, type SaveOptions, type SessionStore, type StoredSession } from '@sess/session';

/** The operations of another library that a session store uses. */
export interface PlainClient {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Resolves to `false` if the key has a value. */
  add(key: string, value: Uint8Array, ttlSeconds: number): Promise<boolean>;
  /** Resolves to `false` if the key has no value. */
  touch(key: string, ttlSeconds: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Sessions over a memcached library as most people use it. Without compare-and-swap, the later of two concurrent saves
 * wins, and a destroyed session leaves no tombstone.
 */
export class PlainStore implements SessionStore {
  readonly name: string;
  readonly #client: PlainClient;

  /** @param name the library's name, for error messages */
  constructor(name: string, client: PlainClient) {
    this.name = name;
    this.#client = client;
  }

  async load(key: string): Promise<StoredSession | undefined> {
    const value = await this.#ask(() => this.#client.get(key));
    return value === undefined ? undefined : asStored(value);
  }

  async save(key: string, value: Uint8Array, { ttlSeconds, expect }: SaveOptions): Promise<StoredSession> {
    if (expect !== 'absent') {
      await this.#ask(() => this.#client.set(key, value, ttlSeconds));
    } else if (!(await this.#ask(() => this.#client.add(key, value, ttlSeconds)))) {
      throw new SessionError('SESS_CONFLICT', `${this.name}: there is a session under this key`);
    }
    return asStored(value, ttlSeconds);
  }

  touch(key: string, ttlSeconds: number): Promise<boolean> {
    return this.#ask(() => this.#client.touch(key, ttlSeconds));
  }

  destroy(key: string): Promise<boolean> {
    return this.#ask(() => this.#client.delete(key));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** These libraries report a timeout and a refusal in the same way; neither says whether the session exists. */
  async #ask<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      throw new SessionError(
        'SESS_UNAVAILABLE',
        `${this.name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
}

function asStored(value: Uint8Array, ttlSeconds?: number): StoredSession {
  return { value, token: undefined, ttlSeconds };
}
