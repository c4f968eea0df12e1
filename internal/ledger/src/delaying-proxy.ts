/** A proxy between one process and one node, at an address of its own, that delays traffic. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class DelayingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #pending = new Set<NodeJS.Timeout>();
  /** One way, in milliseconds. */
  delayMs = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => {
      const far = connect(target);
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  /** Listens on `address` with the port of `target`, so that the node keeps its name. */
  static async open(address: string, target: { readonly host: string; readonly port: number }): Promise<DelayingProxy> {
    const proxy = new DelayingProxy(target);
    proxy.#server.listen(target.port, address);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  async close(): Promise<void> {
    for (const timer of this.#pending) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => this.#later(() => to.write(bytes)));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Keeps the order: timers of one length fire in turn. */
  #later(send: () => void): void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      send();
    }, this.delayMs);
    this.#pending.add(timer);
  }
}
