/** Server-sent events to any number of browsers. A slow one misses pictures: nothing waits for it, nothing piles up. */
import type { ServerResponse } from 'node:http';

/** More are refused. */
const MOST_BROWSERS = 32;

export class EventStream {
  readonly #browsers = new Set<ServerResponse>();
  #latest: string | undefined;

  /** How many browsers look. */
  get size(): number {
    return this.#browsers.size;
  }

  /** Every browser that has taken the one before gets `text`, one line; the others get the latest when they have. */
  send(text: string): void {
    this.#latest = `data: ${text}\n\n`;
    for (const browser of this.#browsers) if (!browser.writableNeedDrain) browser.write(this.#latest);
  }

  /** `false` when there are too many. */
  add(browser: ServerResponse): boolean {
    if (this.#browsers.size >= MOST_BROWSERS) return false;
    browser.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    browser.write(this.#latest ?? ': nothing yet\n\n');
    this.#browsers.add(browser);
    browser.on('drain', () => {
      if (this.#latest !== undefined && !browser.writableNeedDrain) browser.write(this.#latest);
    });
    browser.on('close', () => this.#browsers.delete(browser));
    return true;
  }
}
