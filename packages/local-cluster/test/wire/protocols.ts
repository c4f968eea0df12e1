import { BINARY } from './binary-exchanges.ts';
import { META } from './meta-exchanges.ts';
import { CLASSIC, type Exchanges } from './text-exchanges.ts';

/** All recorded requests, by protocol. */
export const PROTOCOLS: Readonly<Record<string, Exchanges>> = { classic: CLASSIC, meta: META, binary: BINARY };
