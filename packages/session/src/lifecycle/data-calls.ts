import { applyChange, reportWrites, textOf, type DataAtCall } from './data-at-call.ts';
import { own, setOwn, type PlainObject } from './merge-data.ts';
import type { ContentCodec } from '../content/content.ts';
import type { SessionData } from '../session.ts';

interface Write {
  readonly key: string;
  /** Calls before it. */
  readonly after: number;
}

/** The calls of operations that replace one request's data, and what the handler set after each. */
export class DataCalls {
  readonly #codec: ContentCodec;
  #number = 0;
  #open: readonly DataAtCall[] = [];
  #writes: Write[] = [];
  #reporting: { readonly data: SessionData; readonly proxy: SessionData } | undefined;

  constructor(codec: ContentCodec) {
    this.#codec = codec;
  }

  /** Notes a call. */
  add(text: string | undefined): DataAtCall {
    const call = { number: this.#number, text };
    this.#number += 1;
    this.#open = [...this.#open, call];
    return call;
  }

  /** The operation of this call has ended. */
  end(call: DataAtCall): void {
    this.#open = this.#open.filter((other) => other !== call);
    if (this.#open.length === 0) this.#writes = [];
  }

  /** The data for the application. While a call is open, the keys that are set are recorded. */
  watched(data: SessionData): SessionData {
    if (this.#open.length === 0) return data;
    if (this.#reporting?.data !== data)
      this.#reporting = { data, proxy: reportWrites(data, (key) => this.wrote([key])) };
    return this.#reporting.proxy;
  }

  wrote(keys: readonly string[]): void {
    if (this.#open.length > 0) this.#writes.push(...keys.map((key) => ({ key, after: this.#number })));
  }

  /** Call it when a save stored more than it sent, because it was merged with what other requests saved. */
  adopt(sent: string, stored: string): void {
    for (const call of this.#open) this.#apply(call, { before: sent, written: [] }, this.#codec.decode(stored));
  }

  /**
   * Applies what the handler set in `live` after `call` to `next`, and returns the result. A value that the handler set
   * stays the same object, because the handler may still hold and change it.
   */
  replace(call: DataAtCall, live: SessionData, next: SessionData): SessionData {
    const before = call.text;
    for (const later of this.#open) {
      if (later.number > call.number) this.#apply(later, { before, written: this.#writtenBetween(call, later) }, next);
    }
    const after = textOf(this.#codec, live);
    const written = this.#writtenBetween(call, undefined);
    if (before === after && written.length === 0) return next;
    const replaced = applyChange(this.#codec, { before, after, written }, next);
    if (replaced === next) return next;
    for (const key of written) {
      setOwn(replaced, key, own(live as PlainObject, key));
    }
    return replaced;
  }

  #apply(
    call: DataAtCall,
    { before, written }: { readonly before: string | undefined; readonly written: readonly string[] },
    next: SessionData,
  ): void {
    call.text = textOf(this.#codec, applyChange(this.#codec, { before, after: call.text, written }, next));
  }

  #writtenBetween(call: DataAtCall, later: DataAtCall | undefined): readonly string[] {
    const end = later?.number ?? Infinity;
    return this.#writes.filter(({ after }) => after > call.number && after <= end).map(({ key }) => key);
  }
}
