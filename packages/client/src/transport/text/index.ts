export { textTransport, type TextTransportOptions } from './text-transport.ts';
