export { buildApp } from './app.ts';
export { listen } from './listen.ts';
