/** Numbers that depend on the second in which a server reads its clock. */
const CLOCKED = /^(t|la=|exp=|l)(-?\d+)$/;

/**
 * Whether two replies are equal apart from slab classes (an embedded node has none) and a second or two of the clock.
 */
export function sameReply(one: Buffer, other: Buffer): boolean {
  if (one.equals(other)) return true;
  const [ours, theirs] = [words(one), words(other)];
  return ours.length === theirs.length && ours.every((word, at) => sameWord(word, theirs[at] ?? ''));
}

function words(reply: Buffer): string[] {
  return reply
    .toString('latin1')
    .replaceAll(/ cls=\d+/g, ' cls=*')
    .replaceAll(/VERSION \S+/g, 'VERSION *')
    .split(/(?<=[ \r\n])|(?=[ \r\n])/);
}

function sameWord(one: string, other: string): boolean {
  if (one === other) return true;
  const [ours, theirs] = [CLOCKED.exec(one), CLOCKED.exec(other)];
  return (
    ours !== null && theirs !== null && ours[1] === theirs[1] && Math.abs(Number(ours[2]) - Number(theirs[2])) <= 2
  );
}
