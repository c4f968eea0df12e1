/**
 * The history as bytes. What comes from a node is input: size, shape, counts and names are checked, and with a secret its signature; what does
 * not hold is refused whole, and the client goes on with what it has seen itself.
 *
 * Bytes: `0xE5 0x48` (H), format `0x01`, one byte of reserve, 32 bytes HMAC-SHA-256 over the JSON (zeros without a secret), then the JSON.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { viewId, type DrainMark, type History, type ViewCause, type ViewEntry, type ViewNode } from './history.ts';

export const MAX_HISTORY_BYTES: number = 256 * 1024;
export const MAX_VIEWS = 64;
export const MAX_NODES = 1024;

const HEADER = Buffer.from([0xe5, 0x48, 0x01, 0x00]);
const SIGNATURE_BYTES = 32;
const CAUSES: ReadonlySet<string> = new Set<ViewCause>(['discovery', 'node-down', 'node-recovered', 'drain']);
/** `host:port`, or the path of a Unix socket. */
const NODE_ID = /^(?:[\x21-\x7e]{1,255}:\d{1,5}|\/[\x20-\x7e]{1,107})$/;
/** Beyond any clock: 48 bits of milliseconds. */
const MAX_TIME: number = 2 ** 48;
const MAX_TTL_SECONDS = 10 * 366 * 86_400;

/** What of the history is kept where not all of it can be: the views confirmed last, and the drains said last. What is written can be read again. */
export function encodeHistory(history: History, secret: string | undefined): Buffer {
  const drains = [...history.drains]
    .toSorted(([, one], [, other]) => other.at - one.at)
    .slice(0, MAX_NODES)
    .map(([id, { drained, at }]) => [id, drained, at]);
  const frame = JSON.stringify({ ttl: history.longestTtlSeconds, whole: history.isWhole, views: [], drains });
  let bytes = HEADER.length + SIGNATURE_BYTES + Buffer.byteLength(frame);
  const views: string[] = [];
  for (const entry of [...history.views.values()].toSorted((one, other) => other.confirmedAt - one.confirmedAt)) {
    const view = encodeEntry(entry);
    bytes += Buffer.byteLength(view) + 1;
    if (views.length === MAX_VIEWS || bytes > MAX_HISTORY_BYTES) break;
    views.push(view);
  }
  const json = Buffer.from(frame.replace('"views":[]', () => `"views":[${views.join(',')}]`));
  return Buffer.concat([HEADER, sign(json, secret), json]);
}

function encodeEntry({ nodes, cause, since, confirmedAt }: ViewEntry): string {
  return JSON.stringify({ n: nodes.map(({ id, weight }) => [id, weight]), c: cause, s: since, t: confirmedAt });
}

/** The history in `bytes`, or `undefined` when they are none, or not signed with this secret. Never throws. */
export function decodeHistory(bytes: Buffer, secret: string | undefined): History | undefined {
  if (bytes.length > MAX_HISTORY_BYTES || bytes.length < HEADER.length + SIGNATURE_BYTES) return undefined;
  if (!bytes.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  const json = bytes.subarray(HEADER.length + SIGNATURE_BYTES);
  if (!timingSafeEqual(bytes.subarray(HEADER.length, HEADER.length + SIGNATURE_BYTES), sign(json, secret))) return undefined;
  try {
    return readHistory(JSON.parse(json.toString()));
  } catch {
    return undefined;
  }
}

function sign(json: Buffer, secret: string | undefined): Buffer {
  return secret === undefined ? Buffer.alloc(SIGNATURE_BYTES) : createHmac('sha256', secret).update(json).digest();
}

function readHistory(value: unknown): History | undefined {
  if (!isObject(value) || !isWhole(value['ttl'], MAX_TTL_SECONDS) || !Array.isArray(value['views'])) return undefined;
  if (value['views'].length > MAX_VIEWS || typeof value['whole'] !== 'boolean') return undefined;
  const views = new Map<string, ViewEntry>();
  for (const item of value['views'] as unknown[]) {
    const entry = readEntry(item);
    if (entry === undefined) return undefined;
    views.set(viewId(entry.nodes), entry);
  }
  const drains = readDrains(value['drains']);
  return drains === undefined ? undefined : { views, drains, longestTtlSeconds: value['ttl'], isWhole: value['whole'] };
}

function readDrains(value: unknown): ReadonlyMap<string, DrainMark> | undefined {
  if (!Array.isArray(value) || value.length > MAX_NODES) return undefined;
  const drains = new Map<string, DrainMark>();
  for (const item of value as unknown[]) {
    if (!Array.isArray(item) || item.length !== 3) return undefined;
    const [id, drained, at] = item as unknown[];
    if (typeof id !== 'string' || !NODE_ID.test(id) || typeof drained !== 'boolean' || !isWhole(at, MAX_TIME)) return undefined;
    drains.set(id, { drained, at });
  }
  return drains;
}

function readEntry(value: unknown): ViewEntry | undefined {
  if (!isObject(value)) return undefined;
  const { n: list, c: cause, s: since, t: confirmedAt } = value;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_NODES) return undefined;
  if (typeof cause !== 'string' || !isCause(cause) || !isWhole(since, MAX_TIME) || !isWhole(confirmedAt, MAX_TIME)) return undefined;
  const nodes: ViewNode[] = [];
  for (const item of list as unknown[]) {
    if (!Array.isArray(item) || item.length !== 2) return undefined;
    const [id, weight] = item as unknown[];
    if (typeof id !== 'string' || !NODE_ID.test(id)) return undefined;
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight <= 0) return undefined;
    nodes.push({ id, weight });
  }
  if (new Set(nodes.map(({ id }) => id)).size !== nodes.length) return undefined;
  return { nodes, cause, since, confirmedAt };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, below: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < below;
}

function isCause(value: string): value is ViewCause {
  return CAUSES.has(value);
}
