import { Status } from '@memplug/engine'
import { words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Hold } from '../task.js'
import { isNoreply } from './noreply.js'

const NO_TLS = Buffer.from('Error TLS not enabled\r\n', 'latin1')

/** refresh_certs [noreply]\r\n: connections that come from now on get what the files hold. */
export function refreshCerts (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task } } = connection
  if (core.refreshCertificates === null) {
    connection.reply(NO_TLS, isNoreply(line, input))
    return
  }
  task.quiet = isNoreply(line, input)
  let fault: string | null = null
  const answer = core.refreshCertificates().then(told => {
    fault = told
    return Status.SUCCESS
  })
  connection.take(task, answer, (_, { quiet }) => {
    connection.reply(fault === null ? words.OK : Buffer.from(`${fault}\r\n`, 'latin1'), quiet)
  }, Hold.NEVER)
}
