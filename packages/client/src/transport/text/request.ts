import type { CasToken, StoredItem } from '../transport.ts';

export type RequestKind = 'get' | 'set' | 'add' | 'cas' | 'touch' | 'probe';

/** The results of all kinds of request, as `NodeTransport` declares them. A string is a `StoreOutcome` or a version. */
export type Answer = StoredItem | { readonly flags: number } | string | undefined;

/** What `set`, `add` and `cas` store. */
export interface Storage {
  readonly value: Uint8Array;
  /** The value's length when the request was made; the command states it. */
  readonly length: number;
  readonly flags: number;
  /** Condition of `cas`; otherwise `undefined`. */
  readonly cas: CasToken | undefined;
}

/** Bytes of a request besides its key and value, rounded up. */
const COMMAND_BYTES = 80;

/**
 * One request: its command, its promise, and its place in the {@link RequestQueue}.
 *
 * `settled` is the state of the promise, `sent` that of the command. A sent request that timed out or was aborted is
 * settled but keeps its place until its reply has come, so a late reply never answers another request.
 *
 * Every operation allocates one, so fields are `declare`d: the constructor sets each only once.
 */
export class Request {
  declare readonly kind: RequestKind;
  declare readonly key: string;
  declare readonly exptime: number;
  /** Released as soon as it is written. */
  declare storage: Storage | undefined;
  /** Whole milliseconds of the node's `WorkingClock`; 0 before its time begins. */
  declare deadline: number;
  /** Set by the dialect, to identify what it wrote. */
  declare mark: number;
  declare sent: boolean;
  declare settled: boolean;
  /** Settled before its reply came. */
  declare abandoned: boolean;
  declare next: Request | undefined;
  declare previous: Request | undefined;
  /** Removes the listener from the caller's signal. */
  declare release: (() => void) | undefined;
  declare resolve: (answer: Answer) => void;
  declare reject: (error: Error) => void;

  constructor(kind: RequestKind, key: string, exptime: number, storage?: Storage) {
    this.kind = kind;
    this.key = key;
    this.exptime = exptime;
    this.storage = storage;
    this.deadline = 0;
    this.mark = 0;
    this.sent = false;
    this.settled = false;
    this.abandoned = false;
    this.next = undefined;
    this.previous = undefined;
    this.release = undefined;
    this.resolve = unset;
    this.reject = unset;
  }

  /** Approximate bytes of the command. */
  get bytes(): number {
    return COMMAND_BYTES + this.key.length + (this.storage === undefined ? 0 : this.storage.length);
  }

  answer(answer: Answer): void {
    if (this.settled) return;
    this.settled = true;
    if (this.release !== undefined) this.release();
    this.resolve(answer);
  }

  fail(error: Error): void {
    if (this.settled) return;
    this.settled = true;
    if (this.release !== undefined) this.release();
    this.reject(error);
  }
}

/** Creates the request's promise; call it once. The dialects answer each kind with its own type. */
export function promiseOf<T extends Answer>(request: Request): Promise<T> {
  promising = request;
  return new Promise<Answer>(keepSettlers) as Promise<T>;
}

/** The request whose promise is being created: a shared executor saves a closure per request. */
let promising: Request | undefined;

function keepSettlers(resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
  if (promising === undefined) return;
  promising.resolve = resolve;
  promising.reject = reject;
  promising = undefined;
}

function unset(): void {
  // Replaced when the promise is made.
}
