import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Header } from 'memjs';

/** One request of the binary protocol as the node got it. */
export interface ReceivedRequest {
  /** Counted from 1. */
  readonly connection: number;
  readonly opcode: number;
  readonly opaque: number;
  readonly cas: bigint;
  readonly extras: Buffer;
  readonly key: string;
  readonly value: Buffer;
}

/** What the node does with a request: it writes to the socket or not, and may destroy it. */
export type Script = (request: ReceivedRequest, socket: Socket) => void;

export interface ReplyFields {
  readonly status?: number;
  readonly extras?: Buffer;
  readonly value?: Buffer | string;
  readonly cas?: bigint;
}

const STAT = 0x10;
const UNKNOWN_COMMAND = 0x81;

/** A node on 127.0.0.1 that answers the greeting (`noop`, and no settings), and else does what a test tells it. */
export class ScriptedNode implements AsyncDisposable {
  /** All requests but the greetings, in the order they came. */
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #waiting: { readonly enough: () => boolean; readonly resolve: () => void }[] = [];
  #connections = 0;

  private constructor(script: Script, tls: TlsOptions | undefined) {
    const serve = (socket: Socket): void => this.#serve(socket, script);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  static async start(script: Script, { tls }: { readonly tls?: TlsOptions } = {}): Promise<ScriptedNode> {
    const node = new ScriptedNode(script, tls);
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Resolves when so many requests have come, greetings not counted. */
  async received(count: number): Promise<void> {
    const enough = (): boolean => this.requests.length >= count;
    if (enough()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ enough, resolve });
    });
  }

  disconnectAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnectAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket, script: Script): void {
    this.#connections += 1;
    const connection = this.#connections;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // A client that goes away is part of many tests.
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const length = received.length < 24 ? Infinity : 24 + received.readUInt32BE(8);
        if (received.length < length) return;
        this.#take(parse(received.subarray(0, length), connection), socket, script);
        received = received.subarray(length);
      }
    });
  }

  #take(request: ReceivedRequest, socket: Socket, script: Script): void {
    if (request.opcode === 0x0a) {
      socket.write(reply(request));
      return;
    }
    if (request.opcode === STAT) {
      socket.write(reply(request, { status: UNKNOWN_COMMAND, value: 'Unknown command' }));
      return;
    }
    this.requests.push(request);
    script(request, socket);
    for (const { enough, resolve } of this.#waiting) if (enough()) resolve();
  }
}

/** The bytes that answer `request`. */
export function reply(
  { opcode, opaque }: Pick<ReceivedRequest, 'opcode' | 'opaque'>,
  { status = 0, extras = Buffer.alloc(0), value = '', cas = 0n }: ReplyFields = {},
): Buffer {
  const body = Buffer.concat([extras, Buffer.from(value)]);
  const header = Header.toBuffer({
    magic: 0x81,
    opcode,
    status,
    keyLength: 0,
    extrasLength: extras.length,
    totalBodyLength: body.length,
    opaque,
  });
  header.writeBigUInt64BE(cas, 16);
  return Buffer.concat([header, body]);
}

/** A hit of a `get` or `getAndTouch`. */
export function hit(request: ReceivedRequest, value: Buffer | string, flags = 0): Buffer {
  const extras = Buffer.alloc(4);
  extras.writeUInt32BE(flags);
  return reply(request, { extras, value, cas: 1n });
}

function parse(frame: Buffer, connection: number): ReceivedRequest {
  const { opcode, opaque, keyLength, extrasLength, cas } = Header.fromBuffer(frame);
  const keyStart = 24 + extrasLength;
  return {
    connection,
    opcode,
    opaque,
    cas: cas.readBigUInt64BE(0),
    extras: frame.subarray(24, keyStart),
    key: frame.toString('latin1', keyStart, keyStart + keyLength),
    value: frame.subarray(keyStart + keyLength),
  };
}
