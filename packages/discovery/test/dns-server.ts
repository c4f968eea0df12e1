import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | {
      readonly type: 'SRV';
      readonly target: string;
      readonly port: number;
      readonly priority: number;
      readonly weight: number;
    };

/**
 * Records by `TYPE name`. What is not there does not exist. `'silent'` is not answered, `'fails'` is answered with
 * SERVFAIL.
 */
export type Zone = Record<string, readonly DnsRecord[] | 'silent' | 'fails'>;

const TYPES = { A: 1, SRV: 33, AAAA: 28 } as const;
const NAME_POINTER = Buffer.from([0xc0, 12]);

/** A DNS server on the loopback that knows one zone: enough of RFC 1035 to answer Node's resolver. */
export class DnsServer {
  /** `TYPE name` of every query, in order. */
  readonly queries: string[] = [];
  readonly #socket: Socket;
  readonly #zone: Zone;

  private constructor(zone: Zone) {
    this.#zone = zone;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (query, from) => {
      const answer = this.#answer(query);
      if (answer !== undefined) this.#socket.send(answer, from.port, from.address);
    });
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(zone);
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  /** `address:port`, as the option `servers` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #answer(query: Buffer): Uint8Array | undefined {
    const { name, end } = readName(query, 12);
    const typeNumber = query.readUInt16BE(end);
    const type = Object.entries(TYPES).find(([, number]) => number === typeNumber)?.[0] ?? `TYPE${typeNumber}`;
    this.queries.push(`${type} ${name}`);
    const found = this.#zone[`${type} ${name}`];
    if (found === 'silent') return undefined;
    const records = found === 'fails' ? [] : (found ?? []);
    const code = found === 'fails' ? 2 : found === undefined ? 3 : 0;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    // An answer, recursion desired and available.
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(12, end + 4), ...records.map((record) => resourceRecord(record))]);
  }
}

function resourceRecord(record: DnsRecord): Buffer {
  const data = record.type === 'SRV' ? serviceData(record) : Buffer.from(addressBytes(record.address));
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[record.type], 0);
  // Class IN, time to live 5 seconds.
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(5, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([NAME_POINTER, fixed, data]);
}

function serviceData({ priority, weight, port, target }: Extract<DnsRecord, { type: 'SRV' }>): Buffer {
  const numbers = Buffer.alloc(6);
  [priority, weight, port].forEach((number, index) => numbers.writeUInt16BE(number, index * 2));
  const labels = target
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([numbers, ...labels, Buffer.from([0])]);
}

/** IPv6 addresses are written out in eight groups. */
function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  return address.split(':').flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let place = start;
  for (let length = message[place] ?? 0; length > 0; length = message[place] ?? 0) {
    labels.push(message.toString('latin1', place + 1, place + 1 + length));
    place += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: place + 1 };
}
