import fc from 'fast-check'
import { Command, commandOf } from '../src/text/commands.js'

const commands: Record<string, Command> = {
  get: Command.GET, gets: Command.GETS, bget: Command.GET, gat: Command.GAT, gats: Command.GATS,
  set: Command.SET, add: Command.ADD, replace: Command.REPLACE, append: Command.APPEND,
  prepend: Command.PREPEND, cas: Command.CAS, incr: Command.INCR, decr: Command.DECR,
  delete: Command.DELETE, touch: Command.TOUCH, flush_all: Command.FLUSH_ALL,
  version: Command.VERSION, verbosity: Command.VERBOSITY, stats: Command.STATS, quit: Command.QUIT,
  mn: Command.META_NOOP, me: Command.META_DEBUG, mg: Command.META_GET, ms: Command.META_SET,
  md: Command.META_DELETE, ma: Command.META_ARITHMETIC, slabs: Command.SLABS, lru: Command.LRU,
  lru_crawler: Command.LRU_CRAWLER, cache_memlimit: Command.CACHE_MEMLIMIT, watch: Command.WATCH,
  shutdown: Command.SHUTDOWN, refresh_certs: Command.REFRESH_CERTS,
  debugtime: Command.DEBUGTIME, debugitem: Command.DEBUGITEM
}
const names = Object.keys(commands)

/** The command of a name that stands between other bytes. */
function find (name: string): Command {
  const bytes = Buffer.from(`sets${name}sets`, 'latin1')
  return commandOf(bytes, 4, 4 + Buffer.byteLength(name, 'latin1'))
}

const expected = (name: string) => Object.hasOwn(commands, name) ? commands[name] : Command.UNKNOWN

test('every command has a name', () => {
  expect(new Set(Object.values(commands))).toEqual(
    new Set(Object.values(Command).filter(command => command !== Command.UNKNOWN)))
})

test.each(names)('%s is found', name => {
  expect(find(name)).toBe(commands[name])
})

test.each(names)('what differs from %s in one byte is none, but for what is another', name => {
  for (let at = 0; at < name.length; at++) {
    const [before, after] = [name.slice(0, at), name.slice(at + 1)]
    for (let byte = 0; byte < 256; byte++) {
      const other = String.fromCharCode(byte)
      for (const near of [before + other + after, before + other + name.slice(at)]) {
        if (find(near) !== expected(near)) throw new Error(`${JSON.stringify(near)} is found`)
      }
    }
    expect(find(before + after)).toBe(expected(before + after))
  }
  for (const near of [name.toUpperCase(), `${name} `, `${name}\r`, `${name}s`, name.repeat(2)]) {
    expect(find(near)).toBe(expected(near))
  }
})

test('no other word is a command', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 12 }), word => {
    expect(find(word)).toBe(expected(word))
  }))
})
