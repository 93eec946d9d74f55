import { parseArguments } from './arguments.js'
import { explainFailure } from './failure.js'
import { Logger } from './logger.js'
import { readSettings } from './settings.js'
import { start } from './start.js'

/** Runs the executable; argv is without the names of node and the script. */
export async function main (argv: readonly string[]): Promise<void> {
  // A reader that goes away, as `head` does, ends the text and not the server.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  let logger = new Logger(0)
  try {
    const args = parseArguments(argv)
    logger = new Logger(args.verbosity)
    if (args.switches.has('help')) return await print('helpText')
    if (args.switches.has('version')) return await print('versionText')
    if (args.switches.has('license')) return await print('licenseText')
    await start(readSettings(args), logger)
    await logger.open()
  } catch (error) {
    const failure = explainFailure(error)
    await logger.open()
    process.stderr.write(`${logger.describe(failure)}\n`)
    process.exit(failure.exitCode)
  }
}

async function print (text: 'helpText' | 'versionText' | 'licenseText'): Promise<void> {
  const help = await import('./help.js')
  process.stdout.write(await help[text]())
}
