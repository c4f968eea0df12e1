/** The oldest version of Node.js that is supported, as `engines` in package.json says. */
const OLDEST = [20, 19] as const;

/** Says in one line what would otherwise be a method that is missing somewhere. */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  const error = new Error(`@sess needs Node.js ${OLDEST.join('.')} or later; this is ${version}.`);
  error.stack = error.message;
  throw error;
}

checkNode(process.versions.node);
