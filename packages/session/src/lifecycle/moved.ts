/**
 * The marker that is stored under a session's old key after it got another id. It is written by compare-and-swap, so it
 * never overwrites a change that was not copied to the new key:
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | 3: dead |
 * | 1 | if it got another id: length of the key under which it was stored next |
 * | 2.. | that key, then the session as it was last stored here |
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | 4: moved by a renewal; the old id leads to the new one until the new one is first used |
 * | 1..12 | nonce |
 * | 13..28 | authentication tag |
 * | 29.. | the new id, encrypted with a key derived from the old id: a reader of the store learns neither |
 *
 * Until the new id is first used, the session under it begins with
 *
 * | bytes | what |
 * | --- | --- |
 * | 0 | 5 |
 * | 1 | length of the old key |
 * | 2.. | the old key |
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Identity } from './session-context.ts';

const DEAD = 3;
const MOVED = 4;
const RENEWED = 5;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The part of a {@link deadMarker} about a session that got another id. */
export interface Succeeded {
  /** The key under which it was stored next. */
  readonly successor: string;
  /** The session as it was last stored under the old id. */
  readonly value: Uint8Array;
}

/** Marks a session that got another id or was destroyed, until its tombstone is written. */
export function deadMarker(succeeded?: Succeeded): Buffer {
  if (succeeded === undefined) return Buffer.of(DEAD);
  const { successor, value } = succeeded;
  return Buffer.concat([Buffer.of(DEAD, successor.length), Buffer.from(successor, 'latin1'), value]);
}

export function openDeadMarker(marker: Uint8Array): Succeeded | undefined {
  if (marker[0] !== DEAD || marker.length < 2) return undefined;
  const end = 2 + (marker[1] ?? 0);
  return { successor: Buffer.from(marker.subarray(2, end)).toString('latin1'), value: marker.subarray(end) };
}

/** The marker that leads from the old id to the new one. */
export function movedMarker(old: Identity, next: Identity): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', markerKey(old.id), nonce);
  const sealed = Buffer.concat([cipher.update(next.id, 'latin1'), cipher.final()]);
  return Buffer.concat([Buffer.of(MOVED), nonce, cipher.getAuthTag(), sealed]);
}

/** Whether `value` is a marker instead of a session; with the new id if it leads to one. */
export function openMarker(value: Uint8Array, oldId: string): 'none' | 'dead' | { readonly id: string } {
  if (value[0] === DEAD) return 'dead';
  if (value[0] !== MOVED) return 'none';
  const bytes = Buffer.from(value);
  const tagAt = 1 + NONCE_BYTES;
  const sealedAt = tagAt + TAG_BYTES;
  try {
    const decipher = createDecipheriv('aes-256-gcm', markerKey(oldId), bytes.subarray(1, tagAt)).setAuthTag(
      bytes.subarray(tagAt, sealedAt),
    );
    return { id: decipher.update(bytes.subarray(sealedAt), undefined, 'latin1') + decipher.final('latin1') };
  } catch {
    // This package did not write it, or it was altered: it leads nowhere.
    return 'dead';
  }
}

/** The bytes to store for a session whose old id still leads to it. */
export function withFormer(formerKey: string | undefined, value: Buffer): Buffer {
  if (formerKey === undefined) return value;
  return Buffer.concat([Buffer.of(RENEWED, formerKey.length), Buffer.from(formerKey, 'latin1'), value]);
}

/** The inverse of {@link withFormer}. */
export function openFormer(value: Uint8Array): { readonly formerKey: string | undefined; readonly value: Uint8Array } {
  if (value[0] !== RENEWED) return { formerKey: undefined, value };
  const end = 2 + (value[1] ?? 0);
  return { formerKey: Buffer.from(value.subarray(2, end)).toString('latin1'), value: value.subarray(end) };
}

function markerKey(id: string): Buffer {
  return Buffer.from(hkdfSync('sha256', id, '', '@sess/session moved', 32));
}
