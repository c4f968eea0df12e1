/**
 * The key of the history on the nodes, and its signature. Each namespace and each secret has a key of its own, so that
 * applications share nodes without overwriting each other's history, and during a rotation every client that knows one
 * of the two secrets sees everything.
 */
import { createHmac, hkdfSync } from 'node:crypto';

import { RESERVED_PREFIX } from '../transport/key-check.ts';

/** Offset and length of the signature in a history. */
export const SIGNATURE_AT = 4;
export const SIGNATURE_BYTES = 32;

const HISTORY_KEY = `${RESERVED_PREFIX}history`;
const FENCE_KEY = `${RESERVED_PREFIX}fence`;
const NAME_BYTES = 12;
const NO_SIGNATURE: Buffer = Buffer.alloc(SIGNATURE_BYTES);

export interface HistorySeal {
  /** Key of this history on every node. Does not reveal the secret. */
  readonly key: string;
  /** Key of the fence on every node: see `fence.ts`. */
  readonly fenceKey: string;
  /** Whether only clients with the secret can write it. */
  readonly isSigned: boolean;
  /** Returns 32 bytes. */
  sign(content: Uint8Array): Buffer;
}

/** Whether `key` is the key of any history. */
export function isHistoryKey(key: string): boolean {
  return key === HISTORY_KEY || key.startsWith(`${HISTORY_KEY}/`) || key.startsWith(`${HISTORY_KEY}:`);
}

/** The default namespace. */
export const USUAL_NAMESPACE: string = 'sess';

/** Key of other data that the clients of a namespace share. */
export function keyIn(namespace: string, name: string): string {
  return `${RESERVED_PREFIX}${name}${suffixOf(namespace)}`;
}

function suffixOf(namespace: string): string {
  return namespace === USUAL_NAMESPACE ? '' : `:${namespace}`;
}

/** One seal per secret; without secrets, one that does not sign. */
export function historySeals(secrets: readonly string[], namespace: string = USUAL_NAMESPACE): readonly HistorySeal[] {
  const suffix = suffixOf(namespace);
  if (secrets.length > 0) return secrets.map((secret) => sealOf(secret, suffix));
  return [
    {
      key: `${HISTORY_KEY}${suffix}`,
      fenceKey: `${FENCE_KEY}${suffix}`,
      isSigned: false,
      sign: () => NO_SIGNATURE,
    },
  ];
}

function sealOf(secret: string, suffix: string): HistorySeal {
  const purpose = `@sess/client history${suffix}`;
  const material = Buffer.from(hkdfSync('sha256', secret, '', purpose, SIGNATURE_BYTES + NAME_BYTES));
  const name = material.subarray(SIGNATURE_BYTES).toString('base64url');
  const signingKey = material.subarray(0, SIGNATURE_BYTES);
  return {
    key: `${HISTORY_KEY}${suffix}/${name}`,
    fenceKey: `${FENCE_KEY}${suffix}/${name}`,
    isSigned: true,
    sign: (content) => createHmac('sha256', signingKey).update(content).digest(),
  };
}

/**
 * Derives a `historySecret` from an application's own secret by HKDF-SHA-256: it does not reveal that secret. The
 * adapters do this by default; use it for further clients, for example one that drains.
 */
export function deriveHistorySecret(secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', '@sess/client historySecret', SIGNATURE_BYTES)).toString(
    'base64url',
  );
}
