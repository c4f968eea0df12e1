/**
 * What embedded nodes and the endpoint answer to `version`: the memcached that they speak like. Clients parse it, and
 * some fail on anything behind the digits.
 */
export const VERSION = '1.6.18';
