import { run } from './command/run.ts';

// Everything is closed by now. Uses `exit`, not `exitCode`, because a handle that a library left open would keep a
// finished lab running.
process.exit(await run(process.argv.slice(2), process));
