/** The oldest supported version of Node.js, as in `engines` of package.json. */
const OLDEST = [20, 19] as const;

/** Throws a one-line error instead of failing later at a missing method. */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  const error = new Error(`@sess needs Node.js ${OLDEST.join('.')} or later; this is ${version}.`);
  error.stack = error.message;
  throw error;
}

checkNode(process.versions.node);
