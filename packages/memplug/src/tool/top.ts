import { setTimeout as sleep } from 'node:timers/promises'
import parse from 'yargs-parser'
import { ExitCode, StartError } from '../exit.js'
import { Client } from './client.js'
import type { Sample, Stats } from './columns.js'
import { tableOf } from './table.js'

const COLUMNS = 'hostname,all_version,all_fill_rate,hit_rate,cmd_get,cmd_set,evictions,' +
  'bytes_written,all_curr_connections,all_curr_items'
const USAGE = `usage: memplug top [options] [host[:port] | /path/to/socket]...
  --delay <seconds>   between two looks (3)
  --columns <names>   with commas: any of stats, stats items and stats slabs, per second, or as
                      it stands with all_ in front; hostname, hit_rate, fill_rate
                      (${COLUMNS})
  --sort <column>     (hostname)
  --count <number>    looks, after which it ends (none: until q or Ctrl-C)`
const CLEAR = '\x1b[H\x1b[2J'
const GROUPS = ['', 'items', 'slabs']

interface Options {
  readonly hosts: readonly string[]
  readonly delay: number
  readonly columns: readonly string[]
  readonly sort: string
  readonly count: number
}

/** A server, or why there is none now. */
class Watched {
  readonly host: string
  fault = ''
  #client: Client | undefined
  #last: { stats: Stats, at: number } | undefined

  constructor (host: string) {
    this.host = host
  }

  /** What came since the last look; undefined at the first one, and at one with a fault. */
  async look (): Promise<Sample | undefined> {
    try {
      this.#client ??= await Client.connect(this.host)
      const stats = new Map<string, string>()
      for (const group of GROUPS) {
        for (const [name, value] of await this.#client.stats(group)) stats.set(name, value)
      }
      const last = this.#last
      const at = performance.now()
      this.#last = { stats, at }
      this.fault = ''
      return last === undefined ? undefined
        : { host: this.host, before: last.stats, now: stats, seconds: (at - last.at) / 1000 }
    } catch (error) {
      this.close()
      this.fault = (error as Error).message
      return undefined
    }
  }

  close (): void {
    this.#client?.close()
    this.#client = undefined
    this.#last = undefined
  }
}

/** `memplug top`: damemtop's job. Throws a StartError. */
export async function top (argv: readonly string[]): Promise<void> {
  if (argv.includes('-h') || argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const options = readOptions(argv)
  const watched = options.hosts.map(host => new Watched(host))
  const ended = watchKeys()
  await Promise.all(watched.map(each => each.look()))
  for (let looks = 0; looks < options.count; looks++) {
    await Promise.race([sleep(options.delay * 1000), ended])
    if (ended.signal.aborted) break
    const samples = await Promise.all(watched.map(each => each.look()))
    show(options, samples.filter(sample => sample !== undefined), watched)
  }
  for (const each of watched) each.close()
  process.stdin.pause()
  if (watched.every(({ fault }) => fault !== '')) {
    throw new StartError(ExitCode.BAD_OPTION, 'no server answers')
  }
}

function readOptions (argv: readonly string[]): Options {
  const names = ['delay', 'columns', 'sort', 'count']
  const args: Record<string, unknown> & { _: (string | number)[] } = parse([...argv], {
    string: [...names, '_'],
    configuration: { 'parse-positional-numbers': false, 'duplicate-arguments-array': false }
  })
  const unknown = Object.keys(args).find(name => name !== '_' && !names.includes(name))
  if (unknown !== undefined) refuse(`unknown option '${unknown}': memplug top -h lists them`)
  const text = (name: string, fallback: string): string => {
    const value = args[name]
    return typeof value === 'string' ? value : fallback
  }
  const number = (name: string, fallback: string): number => {
    const value = Number(text(name, fallback))
    return value > 0 ? value : refuse(`--${name} takes a number above 0`)
  }
  return {
    hosts: args._.length === 0 ? ['127.0.0.1:11211'] : args._.map(String),
    delay: number('delay', '3'),
    columns: text('columns', COLUMNS).split(','),
    sort: text('sort', 'hostname'),
    count: number('count', 'Infinity')
  }
}

/** Settles when the operator types q or Ctrl-C. */
function watchKeys (): Promise<void> & { readonly signal: AbortSignal } {
  const { stdin } = process
  const controller = new AbortController()
  const ended = new Promise<void>(resolve => {
    controller.signal.addEventListener('abort', () => { resolve() })
  })
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    process.on('exit', () => { stdin.setRawMode(false) })
    stdin.on('data', (keys: Buffer) => { if (/[q\x03]/.test(keys.toString())) controller.abort() })
  }
  return Object.assign(ended, { signal: controller.signal })
}

function show (
  options: Options, samples: readonly Sample[], watched: readonly Watched[]
): void {
  const { stdout } = process
  const lines = [
    `memplug top: ${new Date().toString().slice(0, 24)} [sort: ${options.sort}] ` +
      `[delay: ${options.delay}s]`,
    ...tableOf(samples, options.columns, options.sort),
    ...watched.filter(({ fault }) => fault !== '').map(({ fault }) => fault)
  ]
  if (!stdout.isTTY) stdout.write(`${lines.join('\n')}\n`)
  else {
    const shown = lines.slice(0, stdout.rows - 1).map(line => line.slice(0, stdout.columns - 1))
    stdout.write(`${CLEAR}${shown.join('\n')}\n`)
  }
}

function refuse (message: string): never {
  throw new StartError(ExitCode.USAGE, message)
}
