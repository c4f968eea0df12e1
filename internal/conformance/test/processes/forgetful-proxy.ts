import type { Socket } from 'node:net';
import { TcpProxy } from '@sess/loopback';

/** A proxy between a client and a node, like a NAT. */
export class ForgetfulProxy implements AsyncDisposable {
  /** Milliseconds from the client to the node, and back. */
  latencyMs = 1;
  readonly #proxy: TcpProxy;
  readonly #forgotten: Set<Socket>;

  private constructor(proxy: TcpProxy, forgotten: Set<Socket>) {
    this.#proxy = proxy;
    this.#forgotten = forgotten;
  }

  static async start(nodePort: number): Promise<ForgetfulProxy> {
    const forgotten = new Set<Socket>();
    const tcp = await TcpProxy.start(nodePort, (from, to) => (chunk) => {
      setTimeout(() => {
        if (!forgotten.has(from) && !to.destroyed) to.write(chunk);
      }, proxy.latencyMs);
    });
    const proxy = new ForgetfulProxy(tcp, forgotten);
    return proxy;
  }

  get port(): number {
    return this.#proxy.port;
  }

  get connections(): number {
    return this.#proxy.connections;
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#proxy.sockets;
  }

  /**
   * Silently drops all data on the open connections, like a NAT when they were idle for too long. New connections work.
   */
  forget(): void {
    for (const socket of this.#proxy.sockets) this.#forgotten.add(socket);
  }

  /** The same with a NAT that answers with a reset. */
  reset(): void {
    this.#proxy.reset();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#proxy[Symbol.asyncDispose]();
  }
}
