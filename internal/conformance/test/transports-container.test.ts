import { inject } from 'vitest';
import { transportsOn } from './transports-on.ts';

// In a container runs the same memcached, so its tests are in the long form; unless it is the only one there is.
transportsOn('container', inject('long') || !inject('runtimes').includes('memcached'));
