/**
 * Encodes and decodes the history. Bytes from a node are untrusted input: signature, size, shape, counts, names,
 * weights and times are checked as strictly as options. A history with one fault is refused as a whole, and the client
 * continues with its own knowledge.
 * Short histories are written in format `0x01`, and all histories while processes of an earlier version exist: see
 * `history-bytes.ts`.
 */
import { timingSafeEqual } from 'node:crypto';

import {
  checkedId,
  checkedTime,
  checkedTtl,
  HistoryRefused,
  listOf,
  MAX_AHEAD_MS,
  MAX_NODES,
  MAX_TTL_SECONDS,
  unreadable,
} from './history-checks.ts';
import type { Closing, DrainMark, History, Placement, ViewEntry } from './history.ts';
import { contentOf, MAX_HISTORY_BYTES, partsOf, PLAIN, TABLE } from './history-bytes.ts';
import { limitsOf, viewsWithin } from './history-limits.ts';
import { SIGNATURE_AT, SIGNATURE_BYTES, type HistorySeal } from './history-seal.ts';
import { encodePlain, MAX_PLAIN_VIEWS, readPlainViews } from './plain-views.ts';
import { encodeTable, MAX_DISTRIBUTIONS, MAX_TABLE_VIEWS, readTable } from './view-table.ts';

/** Limit of earlier versions. */
const MAX_PLAIN_BYTES: number = 256 * 1024;
/** Longer histories are written with a table, because every client reads one per interval. */
const SHORT_BYTES = 8 * 1024;

const MAX_CLOSINGS = 1024;
const CLUSTER_NAME = /^[\w-]{8,32}$/;
const CLOSING_NAME = /^[0-9a-f]{16}$/;

/** The signature, the bytes before it, and the fixed fields of every format. */
const HEADER_BYTES: number = SIGNATURE_AT + SIGNATURE_BYTES + 100;
/** Fraction of the views to try next if a history is too long. */
const SMALLER = 0.8;
/** Marks format 1 of a writer that supports tables, and a time to live per view. */
const WRITER = 2;

export interface EncodingOptions {
  /** Whether processes of an earlier version may read the encoded history. */
  readonly isForEarlier: boolean;
  /** When the last record of a view expires, milliseconds since 1970. */
  readonly openUntil: (entry: ViewEntry) => number;
}

const USUAL: EncodingOptions = {
  isForEarlier: false,
  openUntil: ({ confirmedAt, ttlSeconds }) => confirmedAt + ttlSeconds * 1000,
};

/**
 * Encodes a history that {@link decodeHistory} can read. If not everything fits, keeps the most recent views and
 * drains, and marks the history as truncated until the windows of the omitted views end.
 */
export function encodeHistory(
  history: History,
  seal: HistorySeal,
  { isForEarlier, openUntil }: EncodingOptions = USUAL,
): Buffer {
  const entries = [...history.views.values()].toSorted((one, other) => other.confirmedAt - one.confirmedAt);
  const truncatedAfter = (kept: number): number =>
    Math.max(history.truncatedUntil, ...entries.slice(kept).map(openUntil));
  let bytes = HEADER_BYTES + Buffer.byteLength(JSON.stringify(frameOf(history, Number.MAX_SAFE_INTEGER)));
  const plain: string[] = [];
  for (const entry of entries.slice(0, MAX_PLAIN_VIEWS)) {
    const view = encodePlain(entry);
    bytes += Buffer.byteLength(view) + 1;
    if (bytes > (isForEarlier ? MAX_PLAIN_BYTES : SHORT_BYTES)) break;
    plain.push(view);
  }
  if (isForEarlier || plain.length === entries.length) {
    const frame = JSON.stringify({ ...frameOf(history, truncatedAfter(plain.length)), by: WRITER, views: [] });
    return sealed(
      PLAIN,
      frame.replace('"views":[]', () => `"views":[${plain.join(',')}]`),
      seal,
    );
  }
  const limits = limitsOf(seal);
  let kept = Math.min(viewsWithin(entries, limits), MAX_TABLE_VIEWS);
  for (;;) {
    const table = encodeTable(entries.slice(0, kept));
    const encoded = sealed(TABLE, JSON.stringify({ ...frameOf(history, truncatedAfter(kept)), ...table }), seal);
    const fits = table.nodes.length <= limits.names && table.distributions.length <= MAX_DISTRIBUTIONS;
    if (fits && encoded.length <= MAX_HISTORY_BYTES) return encoded;
    kept = Math.floor(kept * SMALLER);
  }
}

/** All fields but the views. Earlier versions ignore unknown fields. */
function frameOf(history: History, truncatedUntil: number): Record<string, unknown> {
  const marks = [...history.drains].toSorted(([, one], [, other]) => other.at - one.at).slice(0, MAX_NODES);
  const closings = [...history.closings]
    .toSorted(([, one], [, other]) => other.confirmedAt - one.confirmedAt)
    .slice(0, MAX_CLOSINGS);
  const draining = marks.filter(([, { drained, isDone }]) => drained && !isDone).map(([id]) => id);
  return {
    ...(history.cluster === '' ? undefined : { cluster: history.cluster }),
    ttl: Math.max(0, ...[...history.views.values()].map(({ ttlSeconds }) => ttlSeconds)),
    whole: history.isWhole,
    marks: true,
    ...(history.forgottenAt === 0 ? undefined : { forgotten: history.forgottenAt }),
    ...(truncatedUntil === 0 ? undefined : { truncated: truncatedUntil }),
    drains: marks.map(([id, { drained, at }]) => [id, drained, at]),
    ...(marks.length === 0 ? undefined : { began: marks.map(([, { began }]) => began) }),
    ...(draining.length === 0 ? undefined : { draining }),
    ...(closings.length === 0
      ? undefined
      : { closings: closings.map(([name, { confirmedAt, isClosed }]) => [name, confirmedAt, isClosed]) }),
  };
}

function sealed(header: Buffer, text: string, seal: HistorySeal): Buffer {
  const json = Buffer.from(text);
  return Buffer.concat([header, seal.sign(json), json]);
}

export interface Decoded {
  readonly history: History;
  /** Whether a process of an earlier version wrote the history. Such a process can't read tables. */
  readonly isFromEarlier: boolean;
  /** Whether its writer leaves a "moved" mark when it removes a copy from an earlier owner. */
  readonly leavesMarks: boolean;
}

/**
 * Decodes a history. `now`: milliseconds since 1970.
 *
 * Yields when the event loop should get a turn: a large history takes a tenth of a second.
 *
 * @param defaults settings of views that don't state them, because an earlier version wrote them
 * @throws {HistoryRefused}
 */
export function* decodeHistory(
  bytes: Buffer,
  seal: HistorySeal,
  now: number,
  defaults: Omit<Placement, 'nodes'>,
): Generator<void, Decoded> {
  const { isTable, json, signature } = partsOf(bytes);
  if (!timingSafeEqual(signature, seal.sign(json))) {
    throw new HistoryRefused('signature', 'it is not signed with the historySecret of this client');
  }
  const value = contentOf(json);
  if (json.length > SHORT_BYTES) yield;
  const latest = now + MAX_AHEAD_MS;
  const limits = limitsOf(seal);
  const frame = readFrame(value, latest);
  const views = isTable
    ? yield* readTable(value, latest, limits)
    : yield* readPlainViews(value['views'], latest, { ...defaults, ttlSeconds: checkedTtl(value['ttl']) }, limits);
  return {
    history: { ...frame, views },
    isFromEarlier: !isTable && value['by'] !== WRITER,
    leavesMarks: value['marks'] === true,
  };
}

/**
 * All fields but the views.
 *
 * @param latest latest valid time, milliseconds since 1970
 */
function readFrame(value: Record<string, unknown>, latest: number): Omit<History, 'views'> {
  const { cluster = '', whole, forgotten = 0, truncated = 0, drains, draining = [], began, closings = [] } = value;
  checkedTtl(value['ttl']);
  if (typeof cluster !== 'string' || !(cluster === '' || CLUSTER_NAME.test(cluster)))
    throw unreadable('the name of the cluster is none');
  if (typeof whole !== 'boolean') throw unreadable('it does not say whether it is whole');
  return {
    cluster,
    drains: readDrains(drains, draining, began, latest),
    closings: readClosings(closings, latest),
    isWhole: whole,
    forgottenAt: whole ? 0 : checkedTime(forgotten, latest),
    truncatedUntil: checkedTime(truncated, latest + MAX_TTL_SECONDS * 1000),
  };
}

/**
 * Earlier versions record neither whether a drain is done nor when it began. Their drains count as done, and as begun
 * when they were last confirmed.
 */
function readDrains(value: unknown, draining: unknown, began: unknown, latest: number): ReadonlyMap<string, DrainMark> {
  const beginnings = began === undefined ? [] : listOf('beginnings of drains', began, MAX_NODES);
  const underWay = new Set(listOf('drains under way', draining, MAX_NODES));
  const drains = new Map<string, DrainMark>();
  for (const [index, item] of listOf('drains', value, MAX_NODES).entries()) {
    const [id, drained, at] = listOf('fields of a drain', item, 3);
    if (typeof drained !== 'boolean') throw unreadable('a drain says neither that it began nor that it ended');
    drains.set(checkedId(id).id, {
      drained,
      isDone: drained && !underWay.has(id),
      began: checkedTime(beginnings[index] ?? at, latest),
      at: checkedTime(at, latest),
    });
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
