/** One flag of the command line. */
export interface Flag {
  readonly name: string
  readonly letter?: string
  /** What follows it; a list may be given again and again, a count is how often it is there. */
  readonly takes: 'nothing' | 'text' | 'number' | 'list' | 'count'
  readonly describe: string
}

export const flags: readonly Flag[] = [
  flag('p', 'port', 'number', 'TCP port; -1 takes a free one, 0 none'),
  flag('s', 'unix-socket', 'text', 'Unix socket to listen on in place of TCP'),
  flag('a', 'unix-mask', 'text', 'Access mask of the Unix socket, in octal'),
  flag('l', 'listen', 'list', 'Addresses to listen on: host, host:port, [v6]:port, with commas'),
  flag('U', 'udp-port', 'number', 'UDP port; only 0, which is off'),
  flag('b', 'listen-backlog', 'number', 'Connections that may wait to be accepted'),
  flag('B', 'protocol', 'text', 'Protocol: ascii, binary or auto, which goes by the first byte'),
  flag('c', 'conn-limit', 'number', 'Most connections at a time'),
  flag(undefined, 'conn-limit-per-address', 'number', 'Most connections from one address, or 0'),
  flag(undefined, 'request-timeout', 'number', 'Seconds that a request may take to arrive, or 0'),
  flag('R', 'max-reqs-per-event', 'number', 'Requests of one connection before others get a turn'),
  flag('t', 'threads', 'number', 'Threads that serve, never more than there are cores'),
  flag(undefined, 'transport', 'text', 'How bytes come and go: auto, epoll or net'),

  flag(undefined, 'engine', 'text', 'Storage engine: slab, malloc, map, a file or a package'),
  flag(undefined, 'engine-config', 'list', 'name=value for the engine'),
  flag(undefined, 'engine-timeout', 'number', 'Seconds to wait for an answer of the engine'),
  flag('m', 'memory-limit', 'number', 'Item memory in megabytes'),
  flag('M', 'disable-evictions', 'nothing', 'Refuse to store rather than evict'),
  flag('I', 'max-item-size', 'text', 'Largest item, 1k to 1024m'),
  flag(undefined, 'max-key-size', 'number', 'Longest binary-protocol key in bytes, 250 to 65535'),
  flag('f', 'slab-growth-factor', 'number', 'From one slab class to the next'),
  flag('n', 'slab-min-size', 'number', 'Bytes for key, value and flags in the smallest chunk'),
  flag('C', 'disable-cas', 'nothing', 'Keep no cas values'),
  flag('F', 'disable-flush-all', 'nothing', 'Refuse flush_all'),
  flag('X', 'disable-dumping', 'nothing', 'Refuse whatever lists keys: cachedump, metadump'),
  flag('W', 'disable-watch', 'nothing', 'Refuse watch'),
  flag('A', 'enable-shutdown', 'nothing', 'Obey the command shutdown'),

  flag('u', 'user', 'text', 'Become this user once listening (only as root)'),
  flag('P', 'pidfile', 'text', 'Keep the process id in this file'),
  flag('v', 'verbose', 'count', 'Say what happens; -vv: each request and reply too'),
  flag('o', 'extended', 'list', "memcached's extended options, with commas"),
  flag('h', 'help', 'nothing', 'Print this help and exit'),
  flag('V', 'version', 'nothing', 'Print the versions and exit'),

  flag('k', 'lock-memory', 'nothing', ''),
  flag('r', 'enable-coredumps', 'nothing', ''),
  flag('L', 'enable-largepages', 'nothing', '')
]

/** Flags of memcached's that are taken and do nothing, since here is nothing for them to do. */
export const meaningless: readonly string[] = [
  'lock-memory', 'enable-coredumps', 'enable-largepages'
]

/** Flags of memcached's that ask for what memplug does not have: to ignore one would mislead. */
export const unsupported: ReadonlyMap<string, string> = new Map([
  ['d', 'daemon'], ['D', 'prefix-delimiter'], ['e', 'memory-file'],
  ['i', 'license'], ['N', 'napi-ids'], ['S', 'enable-sasl'], ['Y', 'auth-file'],
  ['Z', 'enable-ssl']
])

function flag (
  letter: string | undefined, name: string, takes: Flag['takes'], describe: string
): Flag {
  return letter === undefined ? { name, takes, describe } : { letter, name, takes, describe }
}
