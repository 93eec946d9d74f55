/** The memcached whose behaviour this is: what `version` answers, and clients parse. */
export const MEMCACHED_VERSION = '1.6.45'
