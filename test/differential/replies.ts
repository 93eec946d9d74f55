import { Opcode, describe as describeReply, readReplies, type Reply } from '../support/frames.js'
import { Statistics } from './statistics.js'

/** What one server answered to a batch, in a form in which two servers' answers can be compared. */
export interface Answers {
  /** Without cas ids, version and the statistics that vary. */
  text: string
  /** The cas ids told, by key in the text protocol, by opaque in the binary one. */
  cas: Map<string | number, bigint>
}

/** @param slabs whether both servers have slab classes, so that more statistics are alike */
export function readTextAnswers (bytes: Buffer, slabs: boolean): Answers {
  const cas = new Map<string, bigint>()
  const lines = new Lines(slabs)
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\n', at, 'latin1')
    if (lineEnd < 0) {
      lines.add(bytes.toString('latin1', at))
      break
    }
    let line = bytes.toString('latin1', at, lineEnd)
    at = lineEnd + 1
    // Only a dump's lines end without a carriage return.
    if (line.endsWith('\r')) line = line.slice(0, -1)
    else if (!line.startsWith('key=')) line += '{bare}'
    const value = /^VALUE ([^ ]+) (\d+) (\d+)( \d+)?$/.exec(line)
    if (value !== null) {
      const end = at + Number(value[3])
      if (value[4] !== undefined) cas.set(value[1], BigInt(value[4].trim()))
      line = `VALUE ${value[1]} ${value[2]} ${value[3]}${value[4] === undefined ? '' : ' {cas}'}`
      line += `\r\n${bytes.toString('latin1', at, end)}`
      at = end + 2
    }
    const meta = /^(?:VA (\d+)|HD|EN|NS|EX|NF|ME [^ ]+)(?: |$)/.exec(line)
    if (meta !== null) {
      rememberMetaCas(line, cas)
      line = hideMetaVarying(line)
      if (meta[1] !== undefined) {
        const end = at + Number(meta[1])
        line += `\r\n${bytes.toString('latin1', at, end)}`
        at = end + 2
      }
    }
    lines.add(line)
  }
  return { text: lines.join(), cas }
}

function rememberMetaCas (line: string, cas: Map<string, bigint>): void {
  const id = / c([1-9]\d*)(?= |$)/.exec(line)
  const key = / k([^ ]+)(?! b)(?: |$)/.exec(line)
  if (id !== null && key !== null) cas.set(key[1], BigInt(id[1]))
}

/** Without cas ids, and with times to the nearest thousand seconds; but not where O is echoed. */
function hideMetaVarying (line: string): string {
  if (line.startsWith('ME ')) return line.replace(/ exp=.*/, ' {debug}')
  const flags = line.split(' ').map(flag => flag
    .replace(/^c[1-9]\d*$/, 'c{cas}')
    .replace(/^l\d+$/, 'l{age}')
    .replace(/^t(\d+)$/, (_, seconds: string) => `t{${ttl(Number(seconds))}}`))
  return flags.join(' ')
}

/** What has expired is told as 2^32 less some seconds; what expires after 2090 is told as 2090. */
function ttl (seconds: number): string {
  return seconds > 2_100_000_000 ? 'past or far' : String(Math.round(seconds / 1000))
}

/** Lines of replies; those that come in the order of a hash table are sorted. */
class Lines {
  readonly #lines: string[] = []
  readonly #sorted: string[] = []
  readonly #statistics: Statistics

  constructor (slabs: boolean) {
    this.#statistics = new Statistics(slabs)
  }

  add (line: string): void {
    const stat = /^STAT ([^ ]+) (.*)$/.exec(line)
    if (stat !== null) this.#statistics.add(stat[1], stat[2])
    else if (line.startsWith('PREFIX ')) this.#sorted.push(line)
    else if (line.startsWith('key=')) this.#sorted.push(hideDumpVarying(line))
    else {
      this.#flush()
      this.#lines.push(line.replace(/^VERSION \d+\.\d+\.\d+$/, 'VERSION {version}'))
    }
  }

  #flush (): void {
    this.#lines.push(...this.#statistics.take(), ...this.#sorted.splice(0).sort())
  }

  join (): string {
    this.#flush()
    return this.#lines.join('\r\n')
  }
}

/** Without ages, cas ids and sizes, and what only newer versions tell. */
function hideDumpVarying (line: string): string {
  return line
    .replace(/ exp=(\d+) /, (_, time: string) => ` exp={${Math.round(Number(time) / 1000)}} `)
    .replace(/ la=\d+ cas=\d+ (fetch=\w+) .*/, ' $1')
}

/** @param slabs whether both servers have slab classes, so that more statistics are alike */
export function readBinaryAnswers (bytes: Buffer, slabs: boolean): Answers {
  const cas = new Map<number, bigint>()
  let replies
  try {
    replies = readReplies(bytes)
  } catch (error) {
    return { text: `${(error as Error).message}: ${bytes.toString('hex')}`, cas }
  }
  const statistics = new Statistics(slabs)
  const lines = replies.flatMap(reply => {
    if (reply.opcode === Opcode.Stat && reply.key.length > 0) {
      statistics.add(reply.key.toString('latin1'), reply.value.toString('latin1'))
      return []
    }
    if (reply.cas !== 0n) cas.set(reply.opaque, reply.cas)
    return [...statistics.take(), describeReply(hideVersion(reply))]
  })
  return { text: [...lines, ...statistics.take()].join('\n'), cas }
}

function hideVersion (reply: Reply): Reply {
  const isVersion = reply.opcode === Opcode.Version && reply.status === 0
  return isVersion ? { ...reply, value: Buffer.from('{version}') } : reply
}
