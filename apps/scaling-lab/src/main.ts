import { run } from './command/run.ts';

// Everything is closed by now; `exit` rather than `exitCode`, so that a handle which a library forgot can't keep a
// finished lab from ending.
process.exit(await run(process.argv.slice(2), process));
