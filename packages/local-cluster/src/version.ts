/** What embedded nodes and the endpoint answer to `version`: the memcached that they speak like, and what they are. */
export const VERSION = '1.6.18-embedded';
