import type { Item } from '../item.ts';
import type { StoreMode } from '../item-store.ts';
import { VERSION } from '../../version.ts';
import type { PrefixStats } from '../stats/prefix-stats.ts';
import { statRows } from '../stats/stat-rows.ts';
import { resetStats, type CommandContext } from '../text/command.ts';
import { loudOpcode } from './command-shapes.ts';
import { OPCODE, STATUS, type Request, type RequestHeader, type Response, type Status } from './frame.ts';

const STORES: ReadonlyMap<number, StoreMode> = new Map<number, StoreMode>([
  [OPCODE.set, 'set'],
  [OPCODE.add, 'add'],
  [OPCODE.replace, 'replace'],
  [OPCODE.append, 'append'],
  [OPCODE.prepend, 'prepend'],
]);

/** With this exptime, a missing counter is not created. */
const NOT_WHEN_MISSING = 0xffff_ffff;

/** Runs a well-formed command; only `stat` has several responses. */
export function runCommand(request: Request, context: CommandContext): readonly Response[] {
  switch (request.opcode) {
    case OPCODE.get:
    case OPCODE.getk:
    case OPCODE.touch:
    case OPCODE.gat:
    case OPCODE.gatk:
      return [getOrTouch(request, context)];
    case OPCODE.delete:
      return [remove(request, context)];
    case OPCODE.increment:
    case OPCODE.decrement:
      return [count(request, context)];
    case OPCODE.flush:
      context.stats.count('flush');
      context.store.flush(request.extras.length === 4 ? request.extras.readUInt32BE(0) : 0);
      return [{}];
    case OPCODE.version:
      return [{ value: Buffer.from(VERSION) }];
    case OPCODE.stat:
      return stat(request, context);
    default:
      return [STORES.has(request.opcode) ? store(request, context) : {}];
  }
}

/** Refuses a value by its length; a refused `set` also deletes the old value. */
export function valueRefusal(
  header: RequestHeader,
  extras: Buffer,
  key: string,
  { store: items, stats }: CommandContext,
): Status | undefined {
  const opcode = loudOpcode(header.opcode);
  if (!STORES.has(opcode)) return undefined;
  stats.prefixes.count(key, 'set');
  const flags = extras.length === 8 ? extras.readUInt32BE(0) : 0;
  const refusal = items.refusal(key.length, flags, header.bodyBytes - header.keyBytes - header.extrasBytes);
  if (refusal === undefined) return undefined;
  const old = opcode === OPCODE.set ? items.find(key) : undefined;
  if (old) items.delete(old);
  return refusal === 'too-large' ? STATUS.tooLarge : STATUS.outOfMemory;
}

function getOrTouch({ opcode, key, extras }: Request, { store: items, stats }: CommandContext): Response {
  const touches = extras.length === 4;
  const withKey = opcode === OPCODE.getk || opcode === OPCODE.gatk;
  const item = items.fetch(key);
  stats.count(touches ? 'touch' : 'get', item !== undefined);
  stats.prefixes.count(key, 'get', ...(item ? (['hit'] as const) : []));
  if (!item) return withKey ? { status: STATUS.keyNotFound, key } : { status: STATUS.keyNotFound };
  if (touches) item.expiresAt = items.expiry(extras.readUInt32BE(0));
  const response = { extras: encodeFlags(item), cas: item.cas, ...(withKey && { key }) };
  return opcode === OPCODE.touch ? response : { ...response, value: item.value };
}

function encodeFlags(item: Item): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(item.flags);
  return bytes;
}

function store(request: Request, { store: items, stats }: CommandContext): Response {
  const { opcode, key, extras, cas } = request;
  const mode = STORES.get(opcode) ?? 'set';
  const keepsAttributes = mode === 'append' || mode === 'prepend';
  stats.count('set');
  const swap = cas !== 0n && !keepsAttributes ? 'cas' : mode;
  const stored = items.store(swap, {
    key,
    // A copy: a view would keep the socket's whole read buffer alive.
    value: Buffer.from(request.value),
    flags: extras.length === 8 ? extras.readUInt32BE(0) : 0,
    expiresAt: extras.length === 8 ? items.expiry(extras.readUInt32BE(4)) : 0,
    cas,
  });
  stats.countSwap(swap, stored.outcome);
  if (stored.outcome === 'stored') return { cas: stored.cas };
  return { status: stored.outcome === 'not-stored' ? refusedBy(mode) : REFUSALS[stored.outcome] };
}

const REFUSALS = { exists: STATUS.keyExists, missing: STATUS.keyNotFound } as const;

function refusedBy(mode: StoreMode): Status {
  if (mode === 'add') return STATUS.keyExists;
  return mode === 'replace' ? STATUS.keyNotFound : STATUS.notStored;
}

function remove({ key, cas }: Request, { store: items, stats }: CommandContext): Response {
  stats.prefixes.count(key, 'del');
  const item = items.find(key);
  if (item && cas !== 0n && cas !== item.cas) return { status: STATUS.keyExists };
  stats.count('delete', item !== undefined);
  if (!item) return { status: STATUS.keyNotFound };
  items.delete(item);
  return {};
}

function count({ opcode, key, extras, cas }: Request, { store: items, stats }: CommandContext): Response {
  const delta = extras.readBigUInt64BE(0);
  const initial = extras.readBigUInt64BE(8);
  const exptime = extras.readUInt32BE(16);
  const direction = opcode === OPCODE.increment ? 'up' : 'down';
  const result = items.arithmetic(key, direction, delta, cas);
  const begins = result.outcome === 'missing' && exptime !== NOT_WHEN_MISSING;
  if (!begins) stats.countCounter(direction, result.outcome);
  if (result.outcome === 'done') return { value: encodeCounter(result.value), cas: result.item.cas };
  if (result.outcome === 'exists') return { status: STATUS.keyExists };
  if (result.outcome === 'not-a-number') return { status: STATUS.notANumber };
  if (!begins) return { status: STATUS.keyNotFound };
  const item = items.create({
    key,
    value: Buffer.from(String(initial)),
    flags: 0,
    expiresAt: items.expiry(exptime),
    cas: 0n,
  });
  return { value: encodeCounter(initial), cas: item.cas };
}

function encodeCounter(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/**
 * One response per row, then an empty one. memcached compares only the beginning of `settings`, `detail` and `reset`.
 */
function stat({ key }: Request, context: CommandContext): readonly Response[] {
  if (key.startsWith('detail')) return detail(key.slice('detail'.length), context.stats.prefixes);
  if (key.startsWith('reset')) {
    resetStats(context);
    return [{}];
  }
  const rows = statRows(key === '' ? undefined : key.startsWith('settings') ? 'settings' : key, context);
  if (rows === undefined) return [{ status: STATUS.keyNotFound }];
  return [...rows.map(([name, value]) => ({ key: name, value: Buffer.from(value) })), {}];
}

function detail(action: string, prefixes: PrefixStats): readonly Response[] {
  if (action.startsWith(' dump')) return [{ key: 'detailed', value: Buffer.from(prefixes.dump(), 'latin1') }, {}];
  const [on, off] = [action.startsWith(' on'), action.startsWith(' off')];
  if (!on && !off) return [{ status: STATUS.keyNotFound }];
  prefixes.enabled = on;
  return [{}];
}
