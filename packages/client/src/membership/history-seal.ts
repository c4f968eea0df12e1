/**
 * Under which key the nodes keep the history, and what its bytes are signed with. Each namespace, and each secret, has a
 * key of its own: applications with different ones share nodes without overwriting each other's history, and while a secret is
 * rotated everybody who knows one of the two sees all.
 */
import { createHmac, hkdfSync } from 'node:crypto';

import { RESERVED_PREFIX } from '../transport/key-check.ts';

/** Where in a history its signature begins, and how long it is. */
export const SIGNATURE_AT = 4;
export const SIGNATURE_BYTES = 32;

const HISTORY_KEY = `${RESERVED_PREFIX}history`;
const FENCE_KEY = `${RESERVED_PREFIX}fence`;
const NAME_BYTES = 12;
const NO_SIGNATURE: Buffer = Buffer.alloc(SIGNATURE_BYTES);

export interface HistorySeal {
  /** Under which every node keeps this history. Tells nothing of the secret. */
  readonly key: string;
  /** Under which every node shows whether anything changed: see `fence.ts`. */
  readonly fenceKey: string;
  /** Whether nobody without the secret can have written it. */
  readonly isSigned: boolean;
  /** 32 bytes. */
  sign(content: Uint8Array): Buffer;
}

/** Whether `key` is that of a history, whoever keeps it. */
export function isHistoryKey(key: string): boolean {
  return key === HISTORY_KEY || key.startsWith(`${HISTORY_KEY}/`) || key.startsWith(`${HISTORY_KEY}:`);
}

/** The namespace of a client that was given none. */
export const USUAL_NAMESPACE: string = 'sess';

/** Under which key clients of the namespace keep what they share, beside their history. */
export function keyIn(namespace: string, name: string): string {
  return `${RESERVED_PREFIX}${name}${suffixOf(namespace)}`;
}

function suffixOf(namespace: string): string {
  return namespace === USUAL_NAMESPACE ? '' : `:${namespace}`;
}

/** One for each secret; without any, one that signs nothing. */
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
 * A `historySecret` out of an application's own secret, by HKDF-SHA-256: who knows one does not know the other. What
 * the adapters do by default; for a client beside them, one that drains for example.
 */
export function deriveHistorySecret(secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', '@sess/client historySecret', SIGNATURE_BYTES)).toString(
    'base64url',
  );
}
