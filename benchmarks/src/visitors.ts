/**
 * Do a million requests without a cookie store anything?
 *
 *     node benchmarks/dist/visitors.js [--requests 1000000]
 *
 * Each opens a session, reads it, and ends as an adapter ends it. Every operation on the store is counted; memory is
 * measured before and after a collection where `node --expose-gc` allows one. Ends with exit code 1 where the store was
 * touched or a cookie was set.
 */
import { createSessions, memoryStore, type SessionStore } from '@sess/session';
import { readCommandLine } from './command-line.ts';
import { count } from './table.ts';

const { requests } = readCommandLine(
  'node benchmarks/dist/visitors.js',
  'What do visitors without a cookie cost the store?',
  {
    requests: { help: 'how many come', default: 1_000_000 },
  },
);

let operations = 0;
const store: SessionStore = new Proxy(memoryStore(), {
  get(target, name) {
    const member: unknown = Reflect.get(target, name);
    if (typeof member !== 'function') return member;
    return (...args: unknown[]): unknown => {
      operations++;
      return Reflect.apply(member, target, args);
    };
  },
});
const sessions = createSessions({ store, secret: 'a secret of at least thirty-two bytes', secure: true });

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const [heapBefore, began] = [heapBytes(), performance.now()];
let cookies = 0;
for (let request = 0; request < requests; request++) {
  const session = await sessions.open(undefined, { secure: true, response: { headersSent: false } });
  if (Object.keys(session.current.data).length > 0) throw new Error('a visitor without a cookie has data');
  await session.commit();
  if (session.takeCookie() !== undefined) cookies++;
}
const seconds = (performance.now() - began) / 1_000;

console.log(
  `${count(requests)} requests without a cookie in ${seconds.toFixed(1)} s (${count(requests / seconds)} per second)`,
);
console.log(`operations on the store: ${count(operations)}; cookies set: ${count(cookies)}`);
console.log(
  `heap: ${((heapBytes() - heapBefore) / 1_048_576).toFixed(1)} MiB more than before${globalThis.gc ? '' : ' (with garbage)'}`,
);
process.exitCode = operations === 0 && cookies === 0 ? 0 : 1;
