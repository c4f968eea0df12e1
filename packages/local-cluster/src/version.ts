/**
 * The reply of embedded nodes and the endpoint to `version`: the memcached version that they emulate. Clients parse it,
 * and some fail on anything behind the digits.
 */
export const VERSION = '1.6.18';
