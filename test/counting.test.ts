import { RawClient, BINARY_SENTINEL } from './support/client.js'
import { describeWith } from './support/peer.js'
import { engines, startMemcached, startServer, type ServerProcess } from './support/server.js'
import { validBinary } from './differential/binary.js'
import type { Command } from './differential/command.js'
import { Random } from './differential/random.js'
import { validText } from './differential/text.js'

/** Counters that memcached 1.6.18 and 1.6.45 count alike, whenever their threads look around. */
const COUNTED = `cmd_get cmd_set cmd_flush cmd_touch get_hits get_misses delete_misses delete_hits
  incr_misses incr_hits decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits
  touch_misses store_too_large store_no_memory`.split(/\s+/)
const QUIET = ['-t', '1', '-m', '1024', '-o', 'no_lru_maintainer,no_lru_crawler']
const ROUNDS = 20
const COMMANDS = 150
/** An id that no item has. */
const NO_CAS = '77777777777777'

/** One of the two servers, asked in both protocols. */
class Player {
  readonly #text: RawClient
  readonly #binary: RawClient

  constructor (text: RawClient, binary: RawClient) {
    this.#text = text
    this.#binary = binary
  }

  static async connect (server: ServerProcess): Promise<Player> {
    return new Player(await RawClient.connect(server.port), await RawClient.connect(server.port))
  }

  async play (commands: readonly Command[]): Promise<void> {
    for (const { protocol, bytes } of commands) {
      if (protocol === 'text') await this.ask(bytes.replace('{cas}', NO_CAS))
      else await this.#binary.binary(Buffer.from(bytes, 'latin1'))
    }
    // A good cas, which each server has told another number for.
    const [, id] = / (\d+)\r\n/.exec((await this.ask('set c 0 0 1\r\nx\r\ngets c\r\n'))
      .replace(/^STORED\r\nVALUE c 0 1/, '')) ?? []
    expect(await this.ask(`cas c 0 0 1 ${id}\r\ny\r\n`)).toBe('STORED\r\n')
  }

  /** What is replied before the sentinel. */
  async ask (request: string): Promise<string> {
    this.#text.send(`${request}bogus-sentinel\r\n`)
    await this.#text.until(() => this.#text.peek().toString('latin1').endsWith('ERROR\r\n'))
    return this.#text.take().toString('latin1').slice(0, -'ERROR\r\n'.length)
  }

  async counts (): Promise<Record<string, number>> {
    const text = await this.ask('stats\r\n')
    const rows = [...text.matchAll(/^STAT (\S+) (.*)\r$/gm)]
    const all = new Map(rows.map(([, name, value]) => [name, Number(value)]))
    return Object.fromEntries(COUNTED.map(name => [name, all.get(name) ?? -1]))
  }

  close (): void {
    this.#text.close()
    this.#binary.close()
  }
}

/**
 * Not what ends the connection, nor is about the servers rather than their items; nor makes
 * numbers of 2^63 and more, which memcached 1.6.18 may take for none by what lies behind them.
 */
function isCounted ({ bytes, protocol }: Command): boolean {
  if (bytes.includes('1844674407370955161')) return false
  if (protocol === 'binary' && '\x05\x06\x15\x16'.includes(bytes[1]) &&
    (bytes[24] >= '\x80' || bytes[32] >= '\x80')) return false
  if (protocol === 'text') return !/^(stats|version|verbosity)/.test(bytes)
  return !['\x07', '\x17', '\x10', '\x0a', '\x0b'].includes(bytes[1])
}

function makeCommands (random: Random): Command[] {
  const commands: Command[] = []
  while (commands.length < COMMANDS) {
    const command = random.chance(0.5)
      ? validText(random) : validBinary(random, BINARY_SENTINEL - 1)
    if (isCounted(command)) commands.push(command)
  }
  return commands
}

describeWith(['memcached'], 'side by side with memcached', () => {
  test.each(engines)('%s counts as memcached does', async engine => {
    const servers = [await startServer(engine, QUIET), await startMemcached(QUIET)]
    const [ours, theirs] = await Promise.all(servers.map(server => Player.connect(server)))
    const random = new Random(4711)
    for (let round = 0; round < ROUNDS; round++) {
      const commands = makeCommands(random)
      await Promise.all([ours, theirs].map(player => player.play(commands)))
      const [counted, expected] = await Promise.all([ours.counts(), theirs.counts()])
      expect({ round, ...counted }).toEqual({ round, ...expected })
    }
    for (const player of [ours, theirs]) player.close()
    await Promise.all(servers.map(server => server.stop()))
  })
})
