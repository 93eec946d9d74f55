import { words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'

const GRACEFUL = Buffer.from('graceful', 'latin1')

/** protocol.txt, "shutdown": shutdown [graceful]\r\n. There is no reply. */
export function shutDown (connection: Connection, line: Line, input: Buffer): void {
  const { core } = connection
  const graceful = line.count === 2 && line.is(input, 1, GRACEFUL)
  if (!core.settings.shutdownCommand) connection.reply(words.NO_SHUTDOWN)
  else if (line.count > 1 && !graceful) connection.reply(words.BAD_SHUTDOWN)
  else {
    connection.end('shutdown')
    core.shutDown(graceful)
  }
}
