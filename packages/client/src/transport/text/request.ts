import type { CasToken, StoredItem } from '../transport.ts';

export type RequestKind = 'get' | 'set' | 'add' | 'cas' | 'touch' | 'probe';

/**
 * What a request can be answered with; each kind has its own, as `NodeTransport` declares. The strings are a
 * `StoreOutcome` or a version.
 */
export type Answer = StoredItem | { readonly flags: number } | string | undefined;

/** What `set`, `add` and `cas` store; of `remove`, what the item must still be. */
export interface Storage {
  readonly value: Uint8Array;
  /** The value's length when the request was made: what the command will say. */
  readonly length: number;
  readonly flags: number;
  /** What the item must still be; `undefined` but for `cas` and `remove`. */
  readonly cas: CasToken | undefined;
}

/** What a request takes in the queue besides its key and value: the command's words and numbers, generously. */
const COMMAND_BYTES = 80;

/**
 * One request: what is asked, the promise that waits for it, and its place in the {@link RequestQueue}.
 *
 * `settled` is about the promise, `sent` about the wire. A request that was sent and then timed out or was aborted is
 * settled, but keeps its place until its reply has come: that is how a late reply never answers another request.
 *
 * There is one for every operation, so it is kept small: its fields are declared and set once, not defined and set
 * again.
 */
export class Request {
  declare readonly kind: RequestKind;
  declare readonly key: string;
  declare readonly exptime: number;
  /** Let go of as soon as it is written. */
  declare storage: Storage | undefined;
  /** Whole milliseconds, by the node's `WorkingClock`; 0 before its time began to count. */
  declare deadline: number;
  /** The dialect's own mark: what it wrote for this request. */
  declare mark: number;
  declare sent: boolean;
  declare settled: boolean;
  /** Settled while its reply is still to come. */
  declare abandoned: boolean;
  declare next: Request | undefined;
  declare previous: Request | undefined;
  /** Takes the listener off the caller's signal. */
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

  /** Bytes that the command takes in the queue, about. */
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

/**
 * The promise of the request's answer; made once. Each kind is answered with what its operation promises: the dialects
 * see to that.
 */
export function promiseOf<T extends Answer>(request: Request): Promise<T> {
  promising = request;
  return new Promise<Answer>(keepSettlers) as Promise<T>;
}

/** An executor that all requests share needs no closure for each: this is the one whose promise is being made. */
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
