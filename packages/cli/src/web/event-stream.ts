/** Server-sent events to any number of browsers. A slow one misses pictures: nothing waits for it, nothing piles up. */
import type { ServerResponse } from 'node:http';

/** More are refused. */
const MOST_BROWSERS = 32;

export class EventStream {
  /** With the picture that each has still to get, while it takes an earlier one. */
  readonly #browsers = new Map<ServerResponse, string | undefined>();

  /** How many browsers look. */
  get size(): number {
    return this.#browsers.size;
  }

  /** Every browser that has taken the one before gets `text`, one line; the others get the latest when they have. */
  send(text: string): void {
    for (const browser of this.#browsers.keys()) this.#give(browser, text);
  }

  /** It gets `first` at once. `false` when there are too many. */
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
