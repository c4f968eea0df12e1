import { ketama } from '@sess/hash-ring';
import { describe, expect, it } from 'vitest';

import { health, INTERVAL, membership, nodes, publish } from '../../test/known-membership.ts';
import { ForgottenViews } from './forgotten-views.ts';
import { viewId } from './history.ts';
import type { Membership } from './membership.ts';
import { closableViews } from './open-handovers.ts';
import { ViewCache } from './view-cache.ts';
import { Windows } from './windows.ts';

const [A, B, C] = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211'];
/** By then all clients act on the last list, and the windows of earlier ones are open. */
const LATER = 10 * INTERVAL;
const TTL_SECONDS = 60;

/** A client that acted on A, B and C until C was removed from the list. */
function withoutC(before: (of: Membership) => void = () => undefined): Membership {
  const of = membership({ windowSeconds: TTL_SECONDS });
  of.listed(nodes(A, B, C), 0);
  publish(of, 0);
  before(of);
  of.listed(nodes(A, B), 10);
  publish(of, 10);
  return of;
}

/** Finishes the handovers and forgets them. */
function finish(of: Membership): void {
  const views = closableViews(of, LATER) ?? [];
  expect(views.length).toBeGreaterThan(0);
  of.close(views, true, LATER);
  of.storedEverywhere(of.wanted(LATER), LATER);
  of.prune(LATER);
  expect(of.state?.others).toEqual([]);
}

describe('a view whose handover was finished', () => {
  it('is evidence as long as a session of it could live, where a node of it was gone', () => {
    const of = withoutC();
    health(of, C, 'down', 20);
    finish(of);
    const [forgotten, ...others] = of.forgotten.at(LATER);
    expect(others).toEqual([]);
    expect(forgotten?.lost).toEqual(new Set([C]));
    expect(forgotten?.view.nodes.map(({ id }) => id)).toEqual([A, B, C]);
    expect(of.forgotten.at((forgotten?.matterUntil ?? 0) - 1)).toHaveLength(1);
    expect(of.forgotten.at(forgotten?.matterUntil ?? 0)).toEqual([]);
    expect(forgotten?.matterUntil).toBeGreaterThan(1_000 * TTL_SECONDS);
  });

  it('is none where all its nodes answered', () => {
    const of = withoutC();
    finish(of);
    health(of, C, 'down', LATER + 1);
    of.storedEverywhere(of.wanted(LATER + 1), LATER + 1);
    expect(of.forgotten.at(LATER + 1)).toEqual([]);
  });

  it('is none where the node that is gone was drained', () => {
    const of = withoutC((drainer) => {
      drainer.mark(C, 'draining', 1);
      drainer.mark(C, 'drained', 2);
    });
    health(of, C, 'down', 20);
    expect(of.isEmptied(C)).toBe(true);
    finish(of);
    expect(of.forgotten.at(LATER)).toEqual([]);
  });

  it('is evidence where the node was drained, listed anew, and then lost', () => {
    const of = withoutC((drainer) => {
      drainer.mark(C, 'draining', 1);
      drainer.mark(C, 'drained', 2);
      drainer.mark(C, 'in rotation', 3);
    });
    health(of, C, 'down', 20);
    expect(of.isEmptied(C)).toBe(false);
    finish(of);
    expect(of.forgotten.at(LATER).map(({ lost }) => [...lost])).toEqual([[C]]);
  });
});

describe('forgotten views', () => {
  it('are the last few', () => {
    const forgotten = new ForgottenViews();
    const options = {
      copies: 1,
      distribution: ketama,
      historyIntervalMs: INTERVAL,
      clockSkewMs: 0,
      windowSeconds: 60,
      trustsHistory: true,
    };
    const sources = { views: new ViewCache(options), windows: new Windows(options) };
    for (let since = 0; since < 20; since += 1) {
      const placement = sources.views.placementOf(nodes(`10.0.0.${since}:11211`));
      const entry = { ...placement, cause: 'discovery', since, confirmedAt: since, ttlSeconds: 60 } as const;
      forgotten.add(viewId(entry), entry, () => true, sources, since);
    }
    expect(forgotten.at(0).map(({ view }) => view.since)).toEqual(Array.from({ length: 16 }, (_, index) => index + 4));
  });
});
