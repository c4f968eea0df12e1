/**
 * The history as bytes. What comes from a node is input: its signature, size, shape, counts, names, weights and times are checked as strictly as
 * an option. A history with one fault is refused as a whole, and the client goes on with what it has seen itself.
 *
 * Bytes: `0xE5 0x48` (H), format `0x01`, one byte of reserve, 32 bytes of signature over the JSON (zeros without a secret), then the JSON.
 */
import { timingSafeEqual } from 'node:crypto';

import { canonicalNodeId } from '@sess/discovery';

import { isSocketPath } from '../unix-socket.ts';
import {
  ORDERED,
  viewId,
  type Closing,
  type DrainMark,
  type History,
  type Placement,
  type ViewCause,
  type ViewEntry,
  type ViewNode,
} from './history.ts';
import { SIGNATURE_AT, SIGNATURE_BYTES, type HistorySeal } from './history-seal.ts';

export const MAX_HISTORY_BYTES: number = 256 * 1024;
export const MAX_VIEWS = 64;
export const MAX_NODES = 1024;
const MAX_CLOSINGS = 1024;
const CLOSING_NAME = /^[0-9a-f]{16}$/;

const HEADER = Buffer.from([0xe5, 0x48, 0x01, 0x00]);
const CAUSES: ReadonlySet<string> = new Set<ViewCause>(['discovery', 'node-down', 'node-recovered', 'drain']);
/** Nothing is ketama as it is by default. */
const FINGERPRINT = new RegExp(`^(?:|(?:${ORDERED})?[0-9a-f]{12})$`);
const MAX_COPIES = 3;
const MAX_TTL_SECONDS = 315_360_000;
/** A clock that is wrong by a time zone is believed; one that is wrong by more would keep views open, and drains in force, for as long. */
const MAX_AHEAD_MS = 86_400_000;

/** `size`: more than any history has. `signature`: another secret's, or none. `format`: not a history. `content`: one that can't be. */
export type HistoryFault = 'size' | 'format' | 'signature' | 'content';

/** Why bytes under the key of the history are not used. */
export class HistoryRefused extends Error {
  override readonly name = 'HistoryRefused';
  readonly fault: HistoryFault;

  constructor(fault: HistoryFault, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** What of the history is kept where not all of it can be: the views confirmed last, and the drains said last. What is written can be read again. */
export function encodeHistory(history: History, seal: HistorySeal): Buffer {
  const marks = [...history.drains].toSorted(([, one], [, other]) => other.at - one.at).slice(0, MAX_NODES);
  const drains = marks.map(([id, { drained, at }]) => [id, drained, at]);
  const draining = marks.filter(([, { drained, isDone }]) => drained && !isDone).map(([id]) => id);
  const { longestTtlSeconds, forgottenAt } = history;
  const closings = [...history.closings].toSorted(([, one], [, other]) => other.confirmedAt - one.confirmedAt).slice(0, MAX_CLOSINGS);
  // Earlier versions pass over what they don't know.
  const frame = JSON.stringify({
    ttl: longestTtlSeconds,
    whole: history.isWhole,
    ...(forgottenAt === 0 ? undefined : { forgotten: forgottenAt }),
    views: [],
    drains,
    ...(draining.length === 0 ? undefined : { draining }),
    ...(closings.length === 0
      ? undefined
      : { closings: closings.map(([name, { confirmedAt, isClosed }]) => [name, confirmedAt, isClosed]) }),
  });
  let bytes = HEADER.length + SIGNATURE_BYTES + Buffer.byteLength(frame);
  const views: string[] = [];
  for (const entry of [...history.views.values()].toSorted((one, other) => other.confirmedAt - one.confirmedAt)) {
    const view = encodeEntry(entry);
    bytes += Buffer.byteLength(view) + 1;
    if (views.length === MAX_VIEWS || bytes > MAX_HISTORY_BYTES) break;
    views.push(view);
  }
  const json = Buffer.from(frame.replace('"views":[]', () => `"views":[${views.join(',')}]`));
  return Buffer.concat([HEADER, seal.sign(json), json]);
}

/** `k` and `d` are left out by earlier versions, and passed over. */
function encodeEntry({ nodes, copies, distribution, cause, since, confirmedAt }: ViewEntry): string {
  return JSON.stringify({ n: nodes.map(({ id, weight }) => [id, weight]), k: copies, d: distribution, c: cause, s: since, t: confirmedAt });
}

/**
 * The history in `bytes`, at the time `now` in milliseconds since 1970.
 *
 * @param unsaid What the views of an earlier version go by, which does not say.
 * @throws {HistoryRefused}
 */
export function decodeHistory(bytes: Buffer, seal: HistorySeal, now: number, unsaid: Omit<Placement, 'nodes'>): History {
  if (bytes.length > MAX_HISTORY_BYTES) {
    throw new HistoryRefused('size', `it has ${bytes.length} bytes, and ${MAX_HISTORY_BYTES} are the most that any has`);
  }
  const contentAt = SIGNATURE_AT + SIGNATURE_BYTES;
  if (bytes.length < contentAt || !bytes.subarray(0, SIGNATURE_AT).equals(HEADER)) {
    throw new HistoryRefused('format', 'it is not a history, or one of a later version');
  }
  const json = bytes.subarray(contentAt);
  if (!timingSafeEqual(bytes.subarray(SIGNATURE_AT, contentAt), seal.sign(json))) {
    throw new HistoryRefused('signature', 'it is not signed with the historySecret of this client');
  }
  return readHistory(parse(json), now + MAX_AHEAD_MS, unsaid);
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch (cause) {
    throw new HistoryRefused('format', 'it is not JSON', cause);
  }
}

/** `latest`: milliseconds since 1970; a time after it is none. */
function readHistory(value: unknown, latest: number, unsaid: Omit<Placement, 'nodes'>): History {
  if (!isObject(value)) throw unreadable('it is not an object');
  const { ttl, whole, forgotten = 0, views, drains, draining = [], closings = [] } = value;
  if (!isWhole(ttl, MAX_TTL_SECONDS)) throw unreadable(`its longest time to live is not whole seconds up to ${MAX_TTL_SECONDS}`);
  if (typeof whole !== 'boolean') throw unreadable('it does not say whether it is whole');
  return {
    views: readViews(views, latest, unsaid),
    drains: readDrains(drains, draining, latest),
    closings: readClosings(closings, latest),
    longestTtlSeconds: ttl,
    isWhole: whole,
    forgottenAt: whole ? 0 : checkedTime(forgotten, latest),
  };
}

function readViews(value: unknown, latest: number, unsaid: Omit<Placement, 'nodes'>): ReadonlyMap<string, ViewEntry> {
  const views = new Map<string, ViewEntry>();
  for (const item of listOf('views', value, MAX_VIEWS)) {
    const entry = readEntry(item, latest, unsaid);
    views.set(viewId(entry), entry);
  }
  return views;
}

/** Who drains with an earlier version does not say so: its drains count as done. */
function readDrains(value: unknown, draining: unknown, latest: number): ReadonlyMap<string, DrainMark> {
  const underWay = new Set(listOf('drains under way', draining, MAX_NODES));
  const drains = new Map<string, DrainMark>();
  for (const item of listOf('drains', value, MAX_NODES)) {
    const [id, drained, at] = listOf('fields of a drain', item, 3);
    if (typeof drained !== 'boolean') throw unreadable('a drain says neither that it began nor that it ended');
    drains.set(checkedId(id).id, { drained, isDone: drained && !underWay.has(id), at: checkedTime(at, latest) });
  }
  return drains;
}

function readClosings(value: unknown, latest: number): ReadonlyMap<string, Closing> {
  const closings = new Map<string, Closing>();
  for (const item of listOf('closings', value, MAX_CLOSINGS)) {
    const [name, confirmedAt, isClosed] = listOf('fields of a closing', item, 3);
    if (typeof name !== 'string' || !CLOSING_NAME.test(name)) throw unreadable('a closing names no view');
    if (typeof isClosed !== 'boolean') throw unreadable('a closing does not say whether it is done');
    closings.set(name, { confirmedAt: checkedTime(confirmedAt, latest), isClosed });
  }
  return closings;
}

function readEntry(value: unknown, latest: number, unsaid: Omit<Placement, 'nodes'>): ViewEntry {
  if (!isObject(value)) throw unreadable('a view is not an object');
  const { n: list, k: copies = unsaid.copies, d: distribution = unsaid.distribution, c: cause, s: since, t: confirmedAt } = value;
  if (typeof cause !== 'string' || !isCause(cause)) throw unreadable('a view has no known cause');
  const nodes = readNodes(list);
  if (!isWhole(copies, MAX_COPIES) || copies === 0) throw unreadable(`the copies of a view are not 1 to ${MAX_COPIES}`);
  if (typeof distribution !== 'string' || !FINGERPRINT.test(distribution))
    throw unreadable('the distribution of a view has no fingerprint');
  return { nodes, copies, distribution, cause, since: checkedTime(since, latest), confirmedAt: checkedTime(confirmedAt, latest) };
}

function readNodes(value: unknown): readonly ViewNode[] {
  const spellings = new Set<string>();
  const nodes = listOf('nodes of a view', value, MAX_NODES).map((item): ViewNode => {
    const [given, weight] = listOf('fields of a node', item, 2);
    const { id, spelling } = checkedId(given);
    if (spellings.has(spelling)) throw unreadable(`a view names ${id} twice`);
    spellings.add(spelling);
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight <= 0)
      throw unreadable(`the weight of ${id} is not a number above 0`);
    return { id, weight };
  });
  if (nodes.length === 0) throw unreadable('a view has no nodes');
  return nodes;
}

/** What discovery lists: `host:port`, or the path of a Unix socket. */
function checkedId(value: unknown): { readonly id: string; readonly spelling: string } {
  if (typeof value !== 'string') throw unreadable('the name of a node is not a string');
  const spelling = isSocketPath(value) ? value : canonicalNodeId(value);
  if (spelling === undefined) throw unreadable(`${JSON.stringify(value.slice(0, 80))} is not the name of a node`);
  return { id: value, spelling };
}

function checkedTime(value: unknown, latest: number): number {
  if (!isWhole(value, Number.MAX_SAFE_INTEGER)) throw unreadable('a time is not in whole milliseconds since 1970');
  if (value > latest)
    throw unreadable(`a time is more than a day ahead of this machine's clock: ${new Date(Math.min(value, 8.64e15)).toISOString()}`);
  return value;
}

function listOf(what: string, value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(`its ${what} are not a list`);
  if (value.length > most) throw unreadable(`its ${what} are ${value.length}, and ${most} are the most that any has`);
  return value as readonly unknown[];
}

function unreadable(detail: string): HistoryRefused {
  return new HistoryRefused('content', detail);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

function isCause(value: string): value is ViewCause {
  return CAUSES.has(value);
}
