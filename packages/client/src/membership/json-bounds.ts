/**
 * Bounds what `JSON.parse` may cost: half a megabyte of brackets, or of objects with other names each, takes it many
 * times as long as half a megabyte of a history, and it can't be interrupted.
 */

/** A history has fewer of each. */
const MAX_DEPTH = 8;
const MAX_OBJECTS = 256;
const MAX_FIELDS = 4096;
const MAX_LISTS: number = 32 * 1024;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [COLON, OPENS_LIST, CLOSES_LIST, OPENS_OBJECT, CLOSES_OBJECT] = [0x3a, 0x5b, 0x5d, 0x7b, 0x7d];

/** Whether these bytes have more structure than any history. They may not be JSON. */
export function isTooIntricate(json: Buffer): boolean {
  let [depth, objects, fields, lists] = [0, 0, 0, 0];
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at + 1);
    else if (byte === COLON) fields += 1;
    else if (byte === CLOSES_LIST || byte === CLOSES_OBJECT) depth -= 1;
    else if (byte === OPENS_LIST || byte === OPENS_OBJECT) {
      depth += 1;
      if (byte === OPENS_LIST) lists += 1;
      else objects += 1;
      if (depth > MAX_DEPTH || objects > MAX_OBJECTS || lists > MAX_LISTS) return true;
    }
  }
  return fields > MAX_FIELDS;
}

/** Index of the closing quote of the string that starts at `from`. */
function endOfString(json: Buffer, from: number): number {
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return json.length;
}
