import {
  checkKey,
  SessClientError,
  toExptime,
  type CasToken,
  type NodeTransport,
  type RequestOptions,
  type StoreAttributes,
  type StoredItem,
  type StoreMode,
  type StoreOutcome,
  type TransportEvents,
  type TransportNode,
  type TransportOptions,
} from '@sess/client';
import { nodeErrors, type NodeErrors } from './errors.ts';
import { ReconnectingConnection, type ConnectionSettings } from './reconnecting-connection.ts';
import { getAndTouchOperation, getOperation, storeOperation, touchOperation, versionOperation } from './operations.ts';
import { checkNodeOptions } from './options.ts';

const MAX_UINT32 = 0xffff_ffff;
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** One node, over the binary protocol. Checks all arguments here, before it writes or connects. */
export class MemjsNode implements NodeTransport {
  readonly #id: string;
  readonly #maxValueBytes: number;
  readonly #errors: NodeErrors;
  readonly #link: ReconnectingConnection;

  constructor(node: TransportNode, options: TransportOptions, events: TransportEvents, settings: ConnectionSettings) {
    checkNodeOptions(node, options);
    this.#id = node.id;
    this.#maxValueBytes = options.maxValueBytes;
    this.#errors = nodeErrors(node.id);
    this.#link = new ReconnectingConnection(node, options, this.#errors, events, settings);
  }

  async get(key: string, { signal }: RequestOptions = {}): Promise<StoredItem | undefined> {
    checkKey(key);
    return this.#link.submit(getOperation(key), { signal });
  }

  async store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    { ttlSeconds, flags }: StoreAttributes,
    { signal }: RequestOptions = {},
  ): Promise<StoreOutcome> {
    checkKey(key);
    this.#checkValue(value);
    checkFlags(flags);
    const exptime = toExptime(ttlSeconds);
    if (typeof mode === 'string') {
      return this.#link.submit(storeOperation(checkMode(mode), key, value, flags, exptime), { signal });
    }
    const unique = casNumber(this.#id, mode?.cas);
    this.#link.checkOpen(signal);
    if (mode.cas.epoch !== this.#link.epoch) return 'exists';
    const { epoch } = mode.cas;
    return this.#link.submit(
      { ...storeOperation(unique, key, value, flags, exptime), epoch, outdated: 'exists' },
      { signal },
    );
  }

  async touch(
    key: string,
    ttlSeconds: number,
    { signal }: RequestOptions = {},
  ): Promise<{ readonly flags: number } | undefined> {
    checkKey(key);
    const exptime = toExptime(ttlSeconds);
    const touched = await this.#link.submit(touchOperation(key, exptime), { signal });
    if (touched?.flags !== undefined) return { flags: touched.flags };
    if (touched === undefined) return undefined;
    // The protocol allows a server to omit the flags in its reply to a touch; then get-and-touch returns them.
    const item = await this.#link.submit(getAndTouchOperation(key, exptime), { signal });
    return item && { flags: item.flags };
  }

  async probe({ signal }: RequestOptions = {}): Promise<string> {
    return this.#link.submit(versionOperation(), { signal, ignoreBackOff: true });
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  destroy(): void {
    this.#link.destroy();
  }

  /**
   * Refuses a value that is too large before it is sent: memcached drops the stored value when it refuses a new one.
   */
  #checkValue(value: unknown): void {
    if (!(value instanceof Uint8Array)) throw badValue('the value', 'a Uint8Array (or Buffer)', typeof value);
    if (value.byteLength <= this.#maxValueBytes) return;
    throw new SessClientError(
      'SESS_TOO_LARGE',
      `A value has at most ${this.#maxValueBytes} bytes (maxValueBytes); this one has ${value.byteLength}. Nothing was sent.`,
    );
  }
}

function checkMode(mode: 'set' | 'add'): 'set' | 'add' {
  if (mode === 'set' || mode === 'add') return mode;
  throw badValue('the mode', `'set', 'add' or { cas }`, String(mode));
}

function checkFlags(flags: unknown): void {
  if (typeof flags === 'number' && Number.isInteger(flags) && flags >= 0 && flags <= MAX_UINT32) return;
  throw badValue('flags', 'an unsigned 32-bit number', String(flags));
}

/** A CAS number of 0 means "any item" in the binary protocol, so it would overwrite what it should protect. */
function casNumber(node: string, cas: CasToken | undefined): bigint {
  const unique = cas?.unique ?? -1;
  const number = typeof unique === 'bigint' || Number.isSafeInteger(unique) ? BigInt(unique) : -1n;
  if (number > 0n && number <= MAX_UINT64) return number;
  if (number !== 0n) throw badValue('the CAS token', 'one that came with an item', String(cas?.unique));
  const text = `The node ${node} keeps no CAS numbers, so no change to what it holds is safe: start memcached there without -C (--disable-cas). Nothing was sent.`;
  throw new SessClientError('SESS_BAD_VALUE', text, { node });
}

function badValue(what: string, expected: string, came: string): SessClientError {
  return new SessClientError('SESS_BAD_VALUE', `${what}: expected ${expected}, came ${came}. Nothing was sent.`);
}
