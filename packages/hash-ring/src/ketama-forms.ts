import { HashRingError } from './errors.ts';
import { md5, md5KeyHash } from './md5.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { PlacedNode } from './placement.ts';

/** How one of the compatible clients places nodes on the ring. `point-ring.ts` has the common part. */
export interface KetamaForm {
  /** A key's position on the ring, as an int32. */
  readonly keyHash: (key: string) => number;
  /** The number of names of each node; each name is hashed into points. */
  namesPerNode(nodes: readonly PlacedNode[]): readonly number[];
  /** Prefix of a node's names; name i is the prefix and i, from 0. */
  namePrefix(node: PlacedNode): string;
  readonly pointsPerName: number;
  /** Writes the points of a name to `points`, as int32. */
  placeName(name: string, points: Int32Array): void;
  /** Which node owns a point that several nodes share: the first in the list or the last. */
  readonly meeting: 'first' | 'last';
}

const MEMCACHED_PORT = 11_211;
/** An MD5 has four points. */
const POINTS_PER_MD5 = 4;
/** 40 names × 4 points. */
const POINTS_PER_NODE = 160;
const UNWEIGHTED_POINTS_PER_NODE = 100;

/** Source: libmemcached 1.1.4, `update_continuum`, with `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED`. */
export const libmemcachedWeighted: KetamaForm = {
  keyHash: md5KeyHash,
  namesPerNode: weightedNames,
  namePrefix: libmemcachedName,
  pointsPerName: POINTS_PER_MD5,
  placeName: placeByMd5,
  meeting: 'first',
};

/**
 * Source: libmemcached 1.1.4, `update_continuum`, with `MEMCACHED_BEHAVIOR_KETAMA` and the default hash. Ignores
 * weights.
 */
export const libmemcached: KetamaForm = {
  keyHash: oneAtATime,
  namesPerNode: (nodes) => nodes.map(() => UNWEIGHTED_POINTS_PER_NODE),
  namePrefix: libmemcachedName,
  pointsPerName: 1,
  placeName(name, points) {
    points[0] = oneAtATime(name);
  },
  meeting: 'first',
};

/** Source: spymemcached 2.12, `KetamaNodeLocator` with `KETAMA_HASH`. Ignores weights. */
export const spymemcached: KetamaForm = {
  keyHash: md5KeyHash,
  namesPerNode: (nodes) => nodes.map(() => POINTS_PER_NODE / POINTS_PER_MD5),
  namePrefix: (node) => `${node.id}-`,
  pointsPerName: POINTS_PER_MD5,
  placeName: placeByMd5,
  // It puts the points of one node after the other into a map, so the last node wins.
  meeting: 'last',
};

/** The same for servers that spymemcached got by host name: Java prints their addresses as well. */
export const spymemcachedWithAddresses: KetamaForm = {
  ...spymemcached,
  namePrefix({ index, host, port, id, address }) {
    if (typeof address !== 'string' || address === '') {
      throw new HashRingError(
        'SESS_BAD_NODE',
        `nodes[${index}].address: expected the IP address of ${id}, which pointNames "host/address:port" asks for, got none. ` +
          'Add it, or use pointNames "host:port".',
      );
    }
    return address === host ? `${id}-` : `${host}/${address}:${port}-`;
  },
};

function libmemcachedName({ host, port }: PlacedNode): string {
  return port === MEMCACHED_PORT ? `${host}-` : `${host}:${port}-`;
}

function placeByMd5(name: string, points: Int32Array): void {
  points.set(md5(name));
}

/**
 * floor(weight / total × 160 / 4 × nodes + 1e-10), rounded to float32 after every step, as libmemcached's C code does
 * on x86-64. The rounding matters: with 25, 47, 50, 55 or 61 nodes of equal weight, each gets 39 names rather than 40.
 */
export function weightedNames(nodes: readonly PlacedNode[]): readonly number[] {
  const float = Math.fround;
  const unit = weightUnit(nodes);
  const total = float(nodes.reduce((sum, node) => sum + node.weight / unit, 0));
  return nodes.map((node) => {
    const share = float(float(node.weight / unit) / total);
    const names = float(float(float(share * POINTS_PER_NODE) / POINTS_PER_MD5) * nodes.length);
    return Math.floor(float(names + float(1e-10)));
  });
}

const HIGHEST_LIBMEMCACHED_WEIGHT = 2 ** 32 - 1;

/**
 * The unit of weights: 1, as in libmemcached, whose weights are 32-bit integers. Weights outside that range, where
 * float32 is not precise enough, are divided by the largest one; only ratios matter.
 */
function weightUnit(nodes: readonly PlacedNode[]): number {
  const largest = nodes.reduce((most, node) => Math.max(most, node.weight), 0);
  return largest >= 1 && largest <= HIGHEST_LIBMEMCACHED_WEIGHT ? 1 : largest;
}
