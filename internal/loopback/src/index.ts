export { freePort, isListening } from './ports.ts';
export { delayed, TcpProxy, type Passage } from './tcp-proxy.ts';
