/** memcached ignores further words of a line, except for `get`. */
const MAX_WORDS = 23;

/** The words of a line. A zero byte ends the line, as in a C string. */
export function splitWords(line: Buffer): string[] {
  let end = line.length - 1;
  if (end > 0 && line[end - 1] === 0x0d) end--;
  const zero = line.indexOf(0);
  const text = line.toString('latin1', 0, zero >= 0 && zero < end ? zero : end);
  const words = text.split(' ').filter((word) => word !== '');
  return words.length > MAX_WORDS && !/^(?:get|gets|gat|gats|bget)$/.test(words[0] ?? '')
    ? words.slice(0, MAX_WORDS)
    : words;
}
