import { once } from 'node:events'
import { ExitCode, StartError } from '../exit.js'
import { Client } from './client.js'
import { displayOf } from './display.js'
import { dump, listKeys } from './dump.js'

const USAGE = `usage: memplug tool <host[:port] | /path/to/socket> [mode]
  display        size classes, their pages and items (the default)
  stats          general statistics
  settings       the server's settings
  sizes          how many items there are of each size
  dump [limit]   keys and values, as commands that add them
  keys [limit]   what the server tells of each key`

const BRIEF = 'usage: memplug tool <host[:port] | /path/to/socket> ' +
  '[display | stats | settings | sizes | dump [limit] | keys [limit]]'

/** Writes to stdout, and waits if it is not read. */
export type Print = (text: string | Buffer) => Promise<void>

type Mode = (client: Client, print: Print, limit: number) => Promise<void>

const modes = new Map<string, { readonly run: Mode, readonly takesLimit?: true }>([
  ['display', { run: async (client, print) => print(await displayOf(client)) }],
  ['stats', { run: table('', 'Field', 'Value', [22, 13, 29, 13]) }],
  ['settings', { run: table('settings', 'Field', 'Value', [17, 11, 24, 11]) }],
  ['sizes', { run: table('sizes', 'Size', 'Count', [17, 11, 24, 11]) }],
  ['dump', { run: dump, takesLimit: true }],
  ['keys', { run: listKeys, takesLimit: true }]
])

/** `memplug tool`: memcached-tool's job. Throws a StartError. */
export async function tool (argv: readonly string[]): Promise<void> {
  const [address, name = 'display', limit, ...more] = argv
  if (argv.includes('-h') || argv.includes('--help')) return await print(`${USAGE}\n`)
  const mode = modes.get(name)
  if (address === undefined || address.startsWith('-') || mode === undefined || more.length > 0 ||
    (limit !== undefined && !mode.takesLimit)) throw new StartError(ExitCode.USAGE, BRIEF)
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) {
    throw new StartError(ExitCode.USAGE, 'invalid limit (should be a positive number)')
  }
  const client = await Client.connect(address)
  try {
    await mode.run(client, print, Number(limit ?? Infinity))
  } finally {
    client.close()
  }
}

async function print (text: string | Buffer): Promise<void> {
  if (!process.stdout.write(text) && !process.stdout.destroyed) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')])
  }
}

/** Names, sorted, and their values; the widths are those of memcached-tool. */
function table (group: string, name: string, value: string, widths: readonly number[]): Mode {
  return async (client, print) => {
    const stats = [...await client.stats(group)].sort(([a], [b]) => a < b ? -1 : 1)
    const [addressWidth, headWidth, nameWidth, valueWidth] = widths
    const rows = stats.map(([name, value]) =>
      `${name.padStart(nameWidth)} ${value.padStart(valueWidth)}\n`)
    const head = `${client.name.padEnd(addressWidth)} ${name.padStart(5)}`
    await print(`#${head} ${value.padStart(headWidth)}\n${rows.join('')}`)
  }
}
