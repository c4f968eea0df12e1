import type { Socket } from 'node:net';
import { TcpProxy } from '@sess/loopback';

/** A proxy between a client and a node, like a NAT; `reset` is one that answers with a reset. */
export class ForgetfulProxy extends TcpProxy {
  /** Milliseconds from the client to the node, and back. */
  latencyMs = 1;
  readonly #forgotten = new Set<Socket>();

  constructor(nodePort: number) {
    super(nodePort, (from, to) => (chunk) => {
      setTimeout(() => {
        if (!this.#forgotten.has(from) && !to.destroyed) to.write(chunk);
      }, this.latencyMs);
    });
  }

  /**
   * Silently drops all data on the open connections, like a NAT when they were idle for too long. New connections work.
   */
  forget(): void {
    for (const socket of this.sockets) this.#forgotten.add(socket);
  }
}
