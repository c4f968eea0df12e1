import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { showAsBegun } from './begun-response.ts';

/** The methods that start or continue sending a response. */
const SENDERS = ['writeHead', 'flushHeaders', 'write', 'end'] as const;
type Sender = (typeof SENDERS)[number];
type Send = (...given: unknown[]) => unknown;

/**
 * Bytes of a body that are held before `write` returns `false`. More than the buffer of a stream in between, such as
 * that of `compression`, because such a stream makes its writer wait itself and emits the `drain` that the writer waits
 * for.
 */
const MOST_HELD_BYTES = 256 * 1_024;

/** Headers that describe a body. */
const HEADERS_OF_A_BODY = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'trailer',
  'transfer-encoding',
] as const;

interface Work {
  /** Called once, when the response begins; sending waits for it. `undefined`: nothing to wait for. */
  readonly save: () => Promise<void> | undefined;
  /** Called instead of sending if `save` failed. */
  readonly fail: (error: unknown) => void;
}

/**
 * Makes a response wait for its session: holds every call that sends until the session is saved, then repeats the calls
 * in order.
 */
export function holdUntilSaved(response: ServerResponse, work: Work): void {
  // The methods that it replaces keep a reference to it.
  void new HeldResponse(response, work);
}

class HeldResponse {
  readonly #response: ServerResponse;
  readonly #work: Work;
  /** The original methods, and the replaced ones. */
  readonly #senders: Readonly<Record<Sender, Send>>;
  readonly #writeHead: unknown;
  readonly #on: unknown;
  readonly #sources = new Set<Readable>();
  /** The arguments of `writeHead` after the code that wraps it or listens for it has run. */
  #head: readonly unknown[] | undefined;
  /** `looking`: listeners for the head set their headers; nothing is sent. */
  #stage: 'open' | 'looking' | 'holding' | 'released' | 'failed' = 'open';
  #held: { readonly sender: Sender; readonly given: readonly unknown[] }[] = [];
  #heldBytes = 0;
  #ended = false;
  /**
   * Whether writes belong to the failed answer, because its writer has not noticed the failure; `write` then returns
   * `false`.
   */
  #isStale = false;

  constructor(response: ServerResponse, work: Work) {
    this.#response = response;
    this.#work = work;
    const senders: Partial<Record<Sender, Send>> = {};
    for (const sender of SENDERS) {
      senders[sender] = Reflect.get(response, sender) as Send;
      Reflect.set(response, sender, (...given: unknown[]) => this.#call(sender, given));
    }
    this.#senders = senders as Record<Sender, Send>;
    this.#writeHead = Reflect.get(response, 'writeHead');
    this.#on = Reflect.get(response, 'on');
    response.on('pipe', (source: Readable) => {
      this.#sources.add(source);
      this.#isStale = false;
    });
  }

  #call(sender: Sender, given: readonly unknown[]): unknown {
    if (this.#stage === 'open' && !this.#response.headersSent) this.#begin(sender);
    if (this.#stage === 'looking' && sender === 'writeHead') {
      this.#head = given;
      return this.#response;
    }
    if (this.#stage === 'holding') return this.#hold(sender, given);
    // Middleware in between, such as a compressing stream, continues with the failed answer.
    if (this.#stage === 'failed') return this.#refuse(sender, given);
    return this.#send(sender, given);
  }

  /** Handles calls after the failure: those that send the error pass, those of the failed answer don't. */
  #callAfterFailure(sender: Sender, given: readonly unknown[]): unknown {
    return this.#isOfFailed(sender) ? this.#refuse(sender, given) : this.#send(sender, given);
  }

  /** An answer with the error ends the response at once, pipes to it, or writes a head. */
  #isOfFailed(sender: Sender): boolean {
    if (sender !== 'write') this.#isStale = false;
    return this.#isStale || this.#response.writableEnded;
  }

  #send(sender: Sender, given: readonly unknown[]): unknown {
    const [response, send, head] = [this.#response, this.#senders[sender], this.#head];
    if (sender === 'writeHead') return Reflect.apply(send, response, withoutEmptyMessage(given));
    if (head === undefined) return Reflect.apply(send, response, given);
    this.#head = undefined;
    // Node.js calls `writeHead` itself; code that wraps it has run already and must not run twice.
    const writeHead = Reflect.get(response, 'writeHead');
    Reflect.set(response, 'writeHead', () => this.#send('writeHead', head));
    try {
      return Reflect.apply(send, response, given);
    } finally {
      Reflect.set(response, 'writeHead', writeHead);
    }
  }

  #begin(sender: Sender): void {
    if (sender !== 'writeHead' && Reflect.get(this.#response, 'writeHead') !== this.#writeHead) this.#callListeners();
    if (this.#stage !== 'open') return;
    const saving = this.#work.save();
    this.#stage = saving === undefined ? 'released' : 'holding';
    if (saving === undefined) return;
    void this.#sendAfter(saving);
    // Only until the answer is complete: a further answer is then ignored, and nothing can be appended.
    showAsBegun(this.#response, () => this.#stage === 'holding' && !this.#ended && !this.#response.closed);
  }

  /**
   * Runs middleware that listens for the head (`on-headers`) now, so that its `Cache-Control` counts. Each listener
   * runs once: the call that writes the head skips it.
   */
  #callListeners(): void {
    this.#stage = 'looking';
    try {
      this.#response.writeHead(this.#response.statusCode);
    } finally {
      this.#stage = 'open';
    }
  }

  async #sendAfter(saving: Promise<void>): Promise<void> {
    const head = keepHead(this.#response);
    let failure: { readonly error: unknown } | undefined;
    try {
      await saving;
    } catch (error) {
      failure = { error };
    }
    this.#stage = 'released';
    // Code that bypasses this class has answered meanwhile.
    if (this.#response.headersSent || this.#response.writableEnded) return;
    head.restore();
    // Answer with the first error.
    if (failure === undefined || this.#heldStatus >= 500) this.#sendHeld();
    else this.#fail(failure.error);
  }

  get #heldStatus(): number {
    const [first] = this.#held;
    const [status] = first?.sender === 'writeHead' ? first.given : [];
    return typeof status === 'number' ? status : this.#response.statusCode;
  }

  /** Like Node.js, ignores a second head and anything after the end. */
  #hold(sender: Sender, given: readonly unknown[]): unknown {
    if (this.#ended) return this.#refuse(sender, given);
    if (sender === 'writeHead' && this.#held.length > 0) return this.#response;
    this.#held.push({ sender, given });
    if (sender === 'end') this.#ended = true;
    if (sender !== 'write') return this.#response;
    this.#heldBytes += sizeOf(given[0]);
    return this.#heldBytes < MOST_HELD_BYTES;
  }

  #refuse(sender: Sender, given: readonly unknown[]): unknown {
    callBack(given, new Error('the response has ended'));
    return sender === 'write' ? false : this.#response;
  }

  #sendHeld(): void {
    let mayGoOn: unknown = true;
    try {
      for (const { sender, given } of this.#held.splice(0)) {
        const answer = this.#send(sender, given);
        if (sender === 'write') mayGoOn = answer;
      }
    } catch (error) {
      if (this.#response.headersSent) this.#response.destroy();
      else this.#fail(error);
      return;
    }
    const isAwaited = this.#heldBytes >= MOST_HELD_BYTES && !this.#ended;
    if (isAwaited && mayGoOn !== false) this.#response.emit('drain');
  }

  /** Drops the held answer and reports the error. */
  #fail(error: unknown): void {
    this.#stage = 'failed';
    this.#head = undefined;
    const response = this.#response;
    this.#isStale = this.#heldBytes > 0 && !this.#ended;
    // Bypasses the middleware that wraps these methods: for that middleware the answer has ended.
    for (const sender of SENDERS) {
      Reflect.set(response, sender, (...given: unknown[]) => this.#callAfterFailure(sender, given));
    }
    Reflect.set(response, 'on', this.#on);
    for (const source of this.#sources) {
      source.unpipe(response);
      response.once('close', () => source.destroy());
    }
    for (const { given } of this.#held.splice(0)) callBack(given, error);
    for (const name of HEADERS_OF_A_BODY) response.removeHeader(name);
    // Removes added trailers.
    response.addTrailers({});
    response.statusCode = statusOf(error);
    response.statusMessage = '';
    this.#work.fail(error);
  }
}

/** Whether `response` is a `ServerResponse`: an upgrade to WebSocket has another object, which sends no head. */
export function canBeHeld(response: unknown): response is ServerResponse {
  return typeof (response as Partial<ServerResponse> | null)?.writeHead === 'function';
}

/** Keeps status and headers: code that runs after the answer may set others, for an answer that will not be sent. */
function keepHead(response: ServerResponse): { readonly restore: () => void } {
  const { statusCode, statusMessage } = response;
  const headers = Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, copyOf(value)]),
  );
  return {
    restore() {
      response.statusCode = statusCode;
      response.statusMessage = statusMessage;
      for (const name of response.getHeaderNames()) if (!(name in headers)) response.removeHeader(name);
      for (const [name, value] of Object.entries(headers)) {
        if (value !== undefined && !isSame(response.getHeader(name), value)) response.setHeader(name, value);
      }
    },
  };
}

/** A copy, because `appendHeader` appends in place. */
function copyOf(value: OutgoingHttpHeader | undefined): OutgoingHttpHeader | undefined {
  return Array.isArray(value) ? [...value] : value;
}

function isSame(one: OutgoingHttpHeader | undefined, other: OutgoingHttpHeader): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

/** Node.js accepts `writeHead(200, undefined, headers)`, but `on-headers` would lose the headers. */
function withoutEmptyMessage(given: readonly unknown[]): readonly unknown[] {
  const [status, message, headers] = given;
  return given.length > 2 && typeof message !== 'string' ? [status, headers ?? message] : given;
}

function statusOf(error: unknown): number {
  const { statusCode } = error as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return chunk.length;
  return ArrayBuffer.isView(chunk) ? chunk.byteLength : 0;
}

/** The last argument of `write` and `end` may be a callback. */
function callBack(given: readonly unknown[], error: unknown): void {
  const last = given.at(-1);
  if (typeof last === 'function') process.nextTick(last, error);
}
