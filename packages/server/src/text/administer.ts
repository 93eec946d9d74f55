import { Status } from '@memplug/engine'
import { words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Hold } from '../task.js'
import { errorWord } from './errors.js'
import { isNoreply } from './noreply.js'

/**
 * slabs, lru, cache_memlimit: commands that only an engine can obey. As in memcached, a last
 * word `noreply` leaves them unanswered; of slabs, only `slabs automove` knows it.
 */
export function administer (connection: Connection, line: Line, input: Buffer): void {
  const asked: string[] = []
  for (let i = 0; i < Math.min(line.count, line.starts.length); i++) {
    asked.push(input.toString('latin1', line.starts[i], line.ends[i]))
  }
  const quiet = isNoreply(line, input) && (asked[0] !== 'slabs' || asked[1] === 'automove')
  if (quiet) asked.pop()
  const { core } = connection
  let reply = ''
  const answer = core.guard.administer(asked, told => { reply = told })
  connection.take(core.task, answer, (_, __, outcome) => {
    if (quiet) return
    if (outcome === Status.NOT_FOUND) connection.reply(unknownWord(asked))
    else if (outcome !== Status.SUCCESS) connection.reply(errorWord(outcome))
    else connection.reply(Buffer.from(`${reply}\r\n`, 'latin1'))
  }, Hold.NEVER)
}

/** memcached looks at the number before it looks whether it has slabs to move. */
function unknownWord ([command, what, level]: readonly string[]): Buffer {
  const isNoLevel = command === 'slabs' && what === 'automove' && level !== undefined &&
    !/^(\d+|ratio|freeratio|window)$/.test(level)
  return isNoLevel ? words.BAD_LINE : words.ERROR
}
