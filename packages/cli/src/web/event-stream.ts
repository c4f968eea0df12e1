/**
 * Server-sent events to several browsers. A slow browser misses pictures: nothing waits for it, and nothing queues up.
 */
import type { ServerResponse } from 'node:http';

/** Above this, connections are refused. */
const MOST_BROWSERS = 32;

export class EventStream {
  /** The next picture for each browser that is still receiving an earlier one. */
  readonly #browsers = new Map<ServerResponse, string | undefined>();

  /** Number of connected browsers. */
  get size(): number {
    return this.#browsers.size;
  }

  /**
   * Sends `text`, one line, to every browser that has received the previous one; the others get the latest text when
   * they have.
   */
  send(text: string): void {
    for (const browser of this.#browsers.keys()) this.#give(browser, text);
  }

  /** Adds a browser, which gets `first` at once. `false` if there are too many. */
  add(browser: ServerResponse, first: string): boolean {
    if (this.#browsers.size >= MOST_BROWSERS) return false;
    browser.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#give(browser, first);
    browser.on('drain', () => {
      const missed = this.#browsers.get(browser);
      if (missed !== undefined) this.#give(browser, missed);
    });
    browser.on('close', () => this.#browsers.delete(browser));
    return true;
  }

  #give(browser: ServerResponse, text: string): void {
    const isBusy = browser.writableNeedDrain;
    this.#browsers.set(browser, isBusy ? text : undefined);
    if (!isBusy) browser.write(`data: ${text}\n\n`);
  }
}
