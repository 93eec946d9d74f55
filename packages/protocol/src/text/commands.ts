/** The commands of the text protocol. */
export const Command = {
  UNKNOWN: 0,
  GET: 1,
  GETS: 2,
  GAT: 3,
  GATS: 4,
  SET: 5,
  ADD: 6,
  REPLACE: 7,
  APPEND: 8,
  PREPEND: 9,
  CAS: 10,
  INCR: 11,
  DECR: 12,
  DELETE: 13,
  TOUCH: 14,
  FLUSH_ALL: 15,
  VERSION: 16,
  VERBOSITY: 17,
  STATS: 18,
  QUIT: 19,
  META_NOOP: 20,
  META_DEBUG: 21,
  META_GET: 22,
  META_SET: 23,
  META_DELETE: 24,
  META_ARITHMETIC: 25,
  SLABS: 26,
  LRU: 27,
  LRU_CRAWLER: 28,
  CACHE_MEMLIMIT: 29,
  WATCH: 30,
  SHUTDOWN: 31,
  REFRESH_CERTS: 32,
  DEBUGTIME: 33,
  DEBUGITEM: 34
} as const
export type Command = (typeof Command)[keyof typeof Command]

const names: Readonly<Record<string, Command>> = {
  get: Command.GET, gets: Command.GETS, bget: Command.GET, gat: Command.GAT, gats: Command.GATS,
  set: Command.SET, add: Command.ADD, replace: Command.REPLACE,
  append: Command.APPEND, prepend: Command.PREPEND, cas: Command.CAS,
  incr: Command.INCR, decr: Command.DECR, delete: Command.DELETE, touch: Command.TOUCH,
  flush_all: Command.FLUSH_ALL, version: Command.VERSION, verbosity: Command.VERBOSITY,
  stats: Command.STATS, quit: Command.QUIT,
  mn: Command.META_NOOP, me: Command.META_DEBUG, mg: Command.META_GET, ms: Command.META_SET,
  md: Command.META_DELETE, ma: Command.META_ARITHMETIC,
  slabs: Command.SLABS, lru: Command.LRU, lru_crawler: Command.LRU_CRAWLER,
  cache_memlimit: Command.CACHE_MEMLIMIT, watch: Command.WATCH, shutdown: Command.SHUTDOWN,
  refresh_certs: Command.REFRESH_CERTS, debugtime: Command.DEBUGTIME, debugitem: Command.DEBUGITEM
}

/** By a hash of three letters and the length, which no two names share. */
const LONGEST = 14
const table = new Array<{ word: Buffer, command: Command } | undefined>(1024).fill(undefined)
const SHORTEST = 2
const slot = (first: number, second: number, last: number, length: number) =>
  (first * 31 + second * 5 + last * 7 + length) & 1023
for (const [name, command] of Object.entries(names)) {
  const word = Buffer.from(name, 'latin1')
  const at = slot(word[0], word[1], word[word.length - 1], word.length)
  if (table[at] !== undefined) throw new Error(`two command names share slot ${at}`)
  table[at] = { word, command }
}

/** The command whose name bytes start to end are. */
export function commandOf (bytes: Buffer, start: number, end: number): Command {
  const length = end - start
  if (length < SHORTEST || length > LONGEST) return Command.UNKNOWN
  const entry = table[slot(bytes[start], bytes[start + 1], bytes[end - 1], length)]
  if (entry === undefined || entry.word.length !== length) return Command.UNKNOWN
  for (let i = 0; i < length; i++) {
    if (entry.word[i] !== bytes[start + i]) return Command.UNKNOWN
  }
  return entry.command
}
