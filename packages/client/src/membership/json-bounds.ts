/**
 * Bounds what `JSON.parse` may cost: half a megabyte of brackets, or of objects with other names each, takes it many
 * times as long as half a megabyte of a history, and it can't be interrupted.
 */

/** A history has fewer of each. */
const MAX_LISTS_AND_OBJECTS: number = 32 * 1024;
const MAX_FIELDS = 4096;

const [QUOTE, BACKSLASH, COLON, LIST, OBJECT] = [0x22, 0x5c, 0x3a, 0x5b, 0x7b];

/** Whether these bytes have more structure than any history. They may not be JSON. */
export function isTooIntricate(json: Buffer): boolean {
  let listsAndObjects = 0;
  let fields = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at + 1);
    else if (byte === COLON) fields += 1;
    else if (byte === LIST || byte === OBJECT) listsAndObjects += 1;
  }
  return listsAndObjects > MAX_LISTS_AND_OBJECTS || fields > MAX_FIELDS;
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
