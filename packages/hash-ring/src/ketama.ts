import type { Distribution, RingNode } from './distribution.ts';
import { HashRingError } from './errors.ts';
import { libmemcached, libmemcachedWeighted, spymemcached, spymemcachedWithAddresses } from './ketama-forms.ts';
import type { KetamaForm } from './ketama-forms.ts';
import { checkOptions, oneOf } from './options.ts';
import { PointRing } from './point-ring.ts';

export interface KetamaOptions {
  /**
   * The client whose owners to reproduce.
   * - `libmemcached-weighted` (default): `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED`; about 160 points per node, in proportion
   *   to its weight.
   * - `libmemcached`: `MEMCACHED_BEHAVIOR_KETAMA` with the default hash; 100 points per node, ignores weights.
   * - `spymemcached`: `KetamaNodeLocator` with `KETAMA_HASH`; 160 points per node, ignores weights.
   */
  readonly compatibleWith?: 'libmemcached-weighted' | 'libmemcached' | 'spymemcached';
  /**
   * For `spymemcached` only: how it names a node. `host:port` (default) if its servers were given by address;
   * `host/address:port` if they were given by host name, which requires each node's `address`.
   */
  readonly pointNames?: 'host:port' | 'host/address:port';
}

/**
 * Consistent hashing with a ring of points: a key belongs to the node of the first point at or after the key's hash.
 *
 * Can be passed as a function from nodes to a distribution: `distribution: ketama`.
 *
 * @throws {HashRingError} `SESS_BAD_NODE` if a node is invalid; `SESS_BAD_OPTION` if an option is wrong.
 */
export function ketama<N extends RingNode>(nodes: readonly N[], options: KetamaOptions = {}): Distribution<N> {
  return new PointRing(nodes, chooseForm(options));
}

function chooseForm(options: KetamaOptions): KetamaForm {
  checkOptions('ketama', options, ['compatibleWith', 'pointNames']);
  const compatibleWith = oneOf(
    'ketama.compatibleWith',
    options.compatibleWith,
    ['libmemcached-weighted', 'libmemcached', 'spymemcached'],
    'libmemcached-weighted',
  );
  const pointNames = oneOf('ketama.pointNames', options.pointNames, ['host:port', 'host/address:port'], 'host:port');
  if (compatibleWith === 'spymemcached') return pointNames === 'host:port' ? spymemcached : spymemcachedWithAddresses;
  if (options.pointNames !== undefined) {
    throw new HashRingError(
      'SESS_BAD_OPTION',
      `ketama.pointNames: expected only with compatibleWith "spymemcached", got compatibleWith "${compatibleWith}". Remove it: libmemcached has one way to name points.`,
    );
  }
  return compatibleWith === 'libmemcached' ? libmemcached : libmemcachedWeighted;
}
