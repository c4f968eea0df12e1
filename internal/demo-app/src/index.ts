export type { AppOptions } from './app-options.ts';
export { ListenError } from './listen-error.ts';
export { urlOf, type ListenOptions, type RunningApp } from './running-app.ts';
export { MAX_ITEMS, MAX_LENGTH } from './limits.ts';
export { openClient } from './open-client.ts';
export { runApp, type RunOptions } from './run-app.ts';
