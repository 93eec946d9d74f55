import { parseArguments } from './arguments.js'
import { startDaemon, Waiting } from './daemon.js'
import { explainFailure } from './failure.js'
import { Logger } from './logger.js'
import { readSettings } from './settings.js'
import { start } from './start.js'

/** Runs the executable; argv is without the names of node and the script. */
export async function main (argv: readonly string[]): Promise<void> {
  // A reader that goes away, as `head` does, ends the text and not the server.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const waiting = Waiting.find()
  let logger = new Logger(0)
  try {
    if (argv[0] === 'tool') return await (await import('./tool/tool.js')).tool(argv.slice(1))
    if (argv[0] === 'top') return await (await import('./tool/top.js')).top(argv.slice(1))
    const args = parseArguments(argv)
    logger = new Logger(args.verbosity)
    if (args.switches.has('help')) return await print('helpText')
    if (args.switches.has('version')) return await print('versionText')
    if (args.switches.has('license')) return await print('licenseText')
    const settings = readSettings(args)
    if (settings.isDaemon && waiting === undefined) return await startDaemon(argv, args.verbosity)
    await start(settings, logger)
    // memcached's daemon() keeps no folder in use, unless a core file is to be left in it.
    if (settings.isDaemon && !settings.wantsCores) process.chdir('/')
    await waiting?.tell(0, args.verbosity > 0 ? [] : logger.take())
    await logger.open()
  } catch (error) {
    const failure = explainFailure(error)
    const line = logger.describe(failure)
    if (waiting !== undefined) await waiting.tell(failure.exitCode, [...logger.take(), line])
    else {
      await logger.open()
      process.stderr.write(`${line}\n`)
    }
    process.exit(failure.exitCode)
  }
}

async function print (text: 'helpText' | 'versionText' | 'licenseText'): Promise<void> {
  const help = await import('./help.js')
  process.stdout.write(await help[text]())
}
