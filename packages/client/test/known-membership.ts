import { ketama } from '@sess/hash-ring';

import type { ViewNode } from '../src/membership/history.ts';
import { Membership, type MembershipOptions } from '../src/membership/membership.ts';
import { Rotation } from '../src/membership/rotation.ts';
import { FakeClock } from './fake-clock.ts';

export const INTERVAL = 1_000;
export const SKEW = 500;

export function nodes(...ids: readonly string[]): ViewNode[] {
  return ids.map((id) => ({ id, weight: 1 }));
}

export function membership(options: Partial<MembershipOptions> = {}): Membership {
  return new Membership({
    copies: 1,
    distribution: ketama,
    historyIntervalMs: INTERVAL,
    clockSkewMs: SKEW,
    windowSeconds: 0,
    trustsHistory: true,
    ...options,
  });
}

/** What other parts of the client see. */
export function rotation(of: Membership): Rotation {
  return new Rotation(of, new FakeClock(), () => []);
}

export function inRotation(of: Membership): readonly string[] {
  return rotation(of).ids;
}

/** Publishes as the history sync does: the content of the nodes is part of the history. */
export function publish(of: Membership, now: number): void {
  of.learned(of.wanted(now), now);
}

/** A node went down or returned. Returns whether the rotation changed. */
export function health(of: Membership, id: string, state: 'up' | 'down', now: number, refuses = true): boolean {
  let rotationChanged = false;
  of.outages.update([{ id, health: state, refuses }], (_, isDown) => {
    rotationChanged = of.rotate(isDown ? 'node-down' : 'node-recovered', now);
  });
  return rotationChanged;
}
