/**
 * The bytes of a history: `0xE5 0x48` (H), format, one reserved byte, 32 bytes of signature over the JSON (zeros without
 * a secret), then the JSON. In format `0x01` each view names its nodes, as earlier versions read it; format `0x02` has a
 * table of nodes.
 */
import { HistoryRefused, isObject, unreadable } from './history-checks.ts';
import { SIGNATURE_AT, SIGNATURE_BYTES } from './history-seal.ts';
import { isTooIntricate } from './json-bounds.ts';

export const MAX_HISTORY_BYTES: number = 512 * 1024;

export const PLAIN: Buffer = Buffer.from([0xe5, 0x48, 0x01, 0x00]);
export const TABLE: Buffer = Buffer.from([0xe5, 0x48, 0x02, 0x00]);

export interface HistoryParts {
  readonly isTable: boolean;
  readonly signature: Buffer;
  readonly json: Buffer;
}

/** @throws {HistoryRefused} */
export function partsOf(bytes: Buffer): HistoryParts {
  if (bytes.length > MAX_HISTORY_BYTES) {
    throw new HistoryRefused(
      'size',
      `it has ${bytes.length} bytes, and ${MAX_HISTORY_BYTES} are the most that any has`,
    );
  }
  const contentAt = SIGNATURE_AT + SIGNATURE_BYTES;
  const header = bytes.subarray(0, SIGNATURE_AT);
  const isTable = header.equals(TABLE);
  if (bytes.length < contentAt || !(isTable || header.equals(PLAIN))) {
    throw new HistoryRefused('format', 'it is not a history, or one of a later version');
  }
  return { isTable, signature: bytes.subarray(SIGNATURE_AT, contentAt), json: bytes.subarray(contentAt) };
}

/** @throws {HistoryRefused} */
export function contentOf(json: Buffer): Record<string, unknown> {
  if (isTooIntricate(json)) throw new HistoryRefused('format', 'its JSON has more parts than that of any history');
  const value = parsed(json);
  if (!isObject(value)) throw unreadable('it is not an object');
  return value;
}

function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch (cause) {
    throw new HistoryRefused('format', 'it is not JSON', cause);
  }
}
