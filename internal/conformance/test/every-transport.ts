import { textTransport, type ClientOptions } from '@sess/client';
import { memjsTransport } from '@sess/memjs-transport';

export const TRANSPORTS: Readonly<Record<string, () => ClientOptions['transport']>> = {
  auto: () => textTransport(),
  meta: () => textTransport({ dialect: 'meta' }),
  classic: () => textTransport({ dialect: 'classic' }),
  memjs: () => memjsTransport(),
};
