/**
 * What comes of a flag: it does what memcached's does; or it is taken and one warning says that
 * it has no meaning here; or it ends the start, as to ignore it would mislead.
 */
export type Fate = 'honoured' | 'ignored' | 'refused'

/** One flag of the command line. */
export interface Flag {
  readonly name: string
  readonly letter?: string
  /** What follows it; a list may be given again and again, a count is how often it is there. */
  readonly takes: 'nothing' | 'text' | 'number' | 'list' | 'count'
  readonly fate: Fate
  readonly describe: string
}

export const flags: readonly Flag[] = [
  flag('p', 'port', 'number', 'TCP port; -1 takes a free one, 0 none'),
  flag('s', 'unix-socket', 'text', 'Unix socket to listen on in place of TCP'),
  flag('a', 'unix-mask', 'text', 'Access mask of the Unix socket, in octal'),
  flag('l', 'listen', 'list', 'Addresses to listen on: host, host:port, [v6]:port, with commas'),
  flag('U', 'udp-port', 'number', 'UDP port; 0 is off, -1 takes a free one'),
  flag('b', 'listen-backlog', 'number', 'Connections that may wait to be accepted'),
  flag('B', 'protocol', 'text', 'Protocol: ascii, binary or auto, which goes by the first byte'),
  flag('c', 'conn-limit', 'number', 'Most connections at a time'),
  flag(undefined, 'conn-limit-per-address', 'number', 'Most connections from one address, or 0'),
  flag(undefined, 'request-timeout', 'number', 'Seconds that a request may take to arrive, or 0'),
  flag('R', 'max-reqs-per-event', 'number', 'Requests of one connection before others get a turn'),
  flag('t', 'threads', 'number', 'Threads that serve, never more than there are cores'),
  flag(undefined, 'transport', 'text', 'How bytes come and go: auto, epoll or net'),
  flag('Z', 'enable-ssl', 'nothing', 'Speak TLS; see -o ssl_chain_cert and ssl_key'),
  flag('S', 'enable-sasl', 'nothing', 'Ask for a name and a password, by SASL'),
  flag('Y', 'auth-file', 'text', 'Ask for a name and a password of this file, in text'),

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
  flag('L', 'enable-largepages', 'nothing', 'Ask for large pages, below -m 1024 too'),
  flag('k', 'lock-memory', 'nothing', 'Let no item memory that is used be swapped out'),
  flag('e', 'memory-file', 'text', 'SIGUSR1 saves the items there, the next start loads them'),

  flag('F', 'disable-flush-all', 'nothing', 'Refuse flush_all'),
  flag('X', 'disable-dumping', 'nothing', 'Refuse whatever lists keys: cachedump, metadump'),
  flag('W', 'disable-watch', 'nothing', 'Refuse watch'),
  flag('A', 'enable-shutdown', 'nothing', 'Obey the command shutdown'),
  flag('D', 'prefix-delimiter', 'text', 'Count by prefix, which ends with this: stats detail'),
  flag(undefined, 'enable-debug-commands', 'nothing', 'Obey debugtime and debugitem, for tests'),

  flag('d', 'daemon', 'nothing', 'Go to the background once listening'),
  flag('u', 'user', 'text', 'Become this user once listening (only as root)'),
  flag('P', 'pidfile', 'text', 'Keep the process id in this file'),
  flag('r', 'enable-coredumps', 'nothing', 'Let a crash leave a core file of any size'),
  flag('v', 'verbose', 'count', 'Say what happens; -vv: each request and reply too'),
  flag('o', 'extended', 'list', "memcached's extended options, with commas"),
  flag('h', 'help', 'nothing', 'Print this help and exit'),
  flag('i', 'license', 'nothing', 'Print the licence and exit'),
  flag('V', 'version', 'nothing', 'Print the versions and exit'),

  ignored('N', 'napi-ids', 'number', 'Hand out connections by the queue of the network card')
]

/** How one types it: -p, or --engine. */
export function spell (flag: Flag): string {
  return flag.letter === undefined ? `--${flag.name}` : `-${flag.letter}`
}

type Row = readonly [
  letter: string | undefined, name: string, takes: Flag['takes'], describe: string]

function flag (...row: Row): Flag {
  return toFlag('honoured', row)
}

function ignored (...row: Row): Flag {
  return toFlag('ignored', row)
}

function toFlag (fate: Fate, [letter, name, takes, describe]: Row): Flag {
  return { ...(letter === undefined ? {} : { letter }), name, takes, fate, describe }
}
