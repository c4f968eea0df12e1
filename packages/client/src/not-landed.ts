import { badOption } from './option-checks.ts';
import type { Transport } from './transport/transport.ts';

export function textTransport(): Transport {
  return {
    name: 'text',
    open: () => {
      throw badOption('transport must be given');
    },
  };
}
