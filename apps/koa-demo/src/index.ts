export { buildApp, type AppOptions } from './app.ts';
export { ListenError } from './listen-error.ts';
export { listen, type ListenOptions, type RunningApp } from './listen.ts';
export { openClient } from './open-client.ts';
