import type { Difference } from './differences.js'

/** Where memplug answers commands of operators otherwise than 1.6.18. */

export const adminDifferences: Difference[] = [
  {
    protocol: 'text',
    reason: 'a dump begins with OK, as in 1.6.43 and later',
    request: /^lru_crawler metadump (all|hash)\r/,
    ours: /^OK\r\n(key=.*\r\n)*END$/,
    theirs: /^(key=.*\r\n)*END$/
  },
  {
    protocol: 'text',
    reason: 'mgdump came with 1.6.27',
    request: /^lru_crawler mgdump [^ ]+\r/,
    ours: /^(BADCLASS invalid class id|CLIENT_ERROR lru crawler disabled)$/,
    theirs: /^ERROR$/
  },
  {
    protocol: 'text',
    reason: 'that there is no shutdown is told as 1.6.45 does',
    request: /^shutdown[ \r]/,
    ours: /^SERVER_ERROR: shutdown not enabled$/,
    theirs: /^ERROR: shutdown not enabled$/
  },
  {
    protocol: 'text',
    reason: 'superfluous arguments of cache_memlimit are ignored',
    request: /^cache_memlimit( [^ ]+){3,}\r/,
    ours: /^(MEMLIMIT_TOO_SMALL.*|OK|ERROR|)$/,
    theirs: /^ERROR$/
  },
  {
    protocol: 'binary',
    reason: 'the statistics of the text protocol can all be had in the binary one',
    request: /^\x80\x10.{22}(conns|proxy|extstore)/s,
    ours: /^(STAT \{\}.*\n)*opcode 10, status 0, .*$/,
    theirs: /^opcode 10, status 1, .*value "Not found"$/
  }
]

/** The words that an engine without slab classes has no use for. */
export const withoutSlabs: Difference[] = [
  {
    protocol: 'text',
    reason: 'without slabs there are no pages to move, no segments to tune',
    request: /^(slabs (reassign|automove) |lru (tune|mode|temp_ttl) )/,
    ours: /^ERROR$/,
    theirs: /^(OK|SAME|BADCLASS|NOSPARE|ERROR|CLIENT_ERROR).*$/
  }
]

/** Commands in datagrams. */
export const udpDifferences: Difference[] = [
  {
    protocol: 'text',
    udp: true,
    reason: 'what begins like a reply gets none, lest two servers answer each other',
    request: /^[A-Z\x81]/,
    ours: /^$/,
    theirs: /^(ERROR|CLIENT_ERROR.*)$/
  },
  {
    protocol: 'text',
    udp: true,
    reason: 'what may tell more than fits a reply is no command of UDP',
    request: /^(lru_crawler|watch)[ \r]/,
    ours: /^(ERROR|CLIENT_ERROR bad command line format)$/,
    theirs: /^(OK|ERROR .*|(CLIENT_ERROR|BADCLASS|BUSY|NOTSTARTED) .*)$/
  },
  {
    protocol: 'text',
    udp: true,
    reason: 'a reply in datagrams has a limit',
    request: /^(gets?|gats?|bget|mg|ma) /,
    ours: /^SERVER_ERROR reply too large for UDP$/,
    theirs: /^V.{60000}/s
  },
  {
    protocol: 'binary',
    udp: true,
    reason: 'a binary reply too',
    request: /^\x80[\x00\x09\x0c\x0d\x1d\x1e\x23\x24]/,
    ours: /^opcode .*, status 3, .*$/,
    theirs: /^opcode .*, status 0, .{60000}|^a (header|body) is cut short/s
  },
  {
    protocol: 'text',
    udp: true,
    reason: 'a value cut short costs its sender alone: memcached takes the next datagram for it',
    request: /^((set|add|replace|append|prepend|cas) |ms )/,
    ours: /^$/,
    theirs: /^.*(CLIENT_ERROR bad data chunk|STORED|<no more>|HD|ERROR).*$/s,
    parts: true
  },
  {
    protocol: 'binary',
    udp: true,
    reason: 'and so does a binary one',
    request: /^\x80[\x01-\x03\x0e\x0f\x11-\x13\x19\x1a]/,
    ours: /^$/,
    theirs: /^(opcode .*|<no more>)$/s,
    parts: true
  }
]
