import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A loopback server that is silent for this many milliseconds will not answer. */
const SILENCE_MS = 10_000;

/** Sends bytes on a new connection, closes the sending side, and reads until the server closes. */
export async function exchange(
  port: number,
  bytes: string | Uint8Array,
  options: { readonly tls?: boolean } = {},
): Promise<Buffer> {
  const socket = options.tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that rejects a line closes while requests are in flight; a server that is down sends nothing.
  socket.on('error', () => undefined);
  // Without this, the test would wait for a silent server until its own timeout.
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  const closed = new Promise((resolve) => void socket.on('close', resolve));
  socket.end(toBytes(bytes));
  await closed;
  return Buffer.concat(chunks);
}

/** A connection that stays open. */
export class RawConnection {
  readonly #socket: ReturnType<typeof connect>;
  /** Pieces, joined when the awaited ending has arrived. */
  #pieces: string[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1' });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#pieces.push(text);
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(toBytes(bytes));
  }

  /** Everything received so far. */
  get received(): string {
    return this.#pieces.join('');
  }

  /** Everything up to and including `ending`; rejects when the connection closes first. */
  async receive(ending: string): Promise<string> {
    let [searched, before] = [0, ''];
    for (;;) {
      // The ending may be split between two pieces.
      for (; searched < this.#pieces.length; searched += 1) {
        const seen = before + (this.#pieces[searched] ?? '');
        if (seen.includes(ending)) return this.#take(ending);
        before = seen.slice(-ending.length);
      }
      if (this.#closed)
        throw new Error(`closed before ${JSON.stringify(ending)}; received ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(ending: string): string {
    const all = this.received;
    const end = all.indexOf(ending) + ending.length;
    this.#pieces = end === all.length ? [] : [all.slice(end)];
    return all.slice(0, end);
  }

  /** Resolves when the server has closed or reset the connection. */
  async closed(): Promise<void> {
    if (!this.#closed) await new Promise((resolve) => void this.#socket.on('close', resolve));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function toBytes(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
}
