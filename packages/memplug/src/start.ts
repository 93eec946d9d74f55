import { availableParallelism } from 'node:os'
import { raiseCoreLimit } from './core-limit.js'
import { warnOfFileLimit } from './file-limit.js'
import type { Logger } from './logger.js'
import { PidFile } from './pid-file.js'
import { writePortFile } from './port-file.js'
import type { Settings } from './settings.js'
import { Stopper } from './stopper.js'
import { becomeUser, findUser, isRoot } from './user.js'

/** The command shutdown does what memcached's does: it raises a signal. */
const onShutdown = (graceful: boolean): void => {
  process.kill(process.pid, graceful ? 'SIGUSR1' : 'SIGINT')
}

/** Starts the server and returns once it listens; a signal ends the process. */
export async function start (settings: Settings, logger: Logger): Promise<void> {
  const stopper = new Stopper(logger)
  stopper.watch()
  if (settings.wantsCores) raiseCoreLimit()
  const user = settings.user !== undefined && isRoot() ? findUser(settings.user) : undefined
  const pidFile = settings.pidFile === undefined ? undefined : new PidFile(settings.pidFile)
  const { createServer, defaults } = await import('@memplug/server')
  const threads = Math.min(settings.server.threads ?? 1, availableParallelism())
  const options = { ...defaults, ...settings.server, threads, log: logger.log, onShutdown }
  const server = await createServer(options)
  stopper.closeWith(save => server.close({ save }))
  const { authFile, saslFile, tls } = options
  if ((authFile ?? saslFile ?? tls) !== undefined) stopper.reloadWith(() => server.reload())
  try {
    if (user !== undefined) becomeUser(user, options.socketPath)
    pidFile?.publish()
    const portFile = process.env['MEMCACHED_PORT_FILENAME']
    if (portFile !== undefined) writePortFile(portFile, server.addresses, server.udpAddresses)
  } catch (error) {
    await server.close()
    throw error
  }
  for (const warning of settings.warnings) logger.log('warn', warning)
  warnOfFileLimit(options.maxConnections, logger)
  if (isRoot()) logger.log('info', 'running as root; with -u <user> it would not')
  logger.log('info', `ready in ${Math.round(performance.now())} ms`)
}
