export { MAX_ITEMS, MAX_LENGTH, urlOf, type AppOptions, type ListenOptions, type RunningApp } from './app.ts';
export { ListenError } from './errors.ts';
export { openClient } from './open-client.ts';
export { runApp, type RunOptions } from './run-app.ts';
