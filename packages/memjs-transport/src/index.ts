export { memjsTransport } from './memjs-transport.ts';
export type { MemjsTransportOptions } from './options.ts';
