import { Opcode, describe as describeReply, readReplies } from '../support/frames.js'

/** What one server answered to a batch, in a form in which two servers' answers can be compared. */
export interface Answers {
  /** Without cas ids, version and statistics. */
  text: string
  /** The cas ids told, by key in the text protocol, by opaque in the binary one. */
  cas: Map<string | number, bigint>
}

export function readTextAnswers (bytes: Buffer): Answers {
  const cas = new Map<string, bigint>()
  const lines: string[] = []
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1')
    if (lineEnd < 0) {
      lines.push(bytes.toString('latin1', at))
      break
    }
    let line = bytes.toString('latin1', at, lineEnd)
    at = lineEnd + 2
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
    lines.push(line)
  }
  return { text: hideVarying(lines).join('\r\n'), cas }
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

function hideVarying (lines: string[]): string[] {
  return lines
    .filter(line => !line.startsWith('STAT '))
    .map(line => line.replace(/^VERSION \d+\.\d+\.\d+$/, 'VERSION {version}'))
}

export function readBinaryAnswers (bytes: Buffer): Answers {
  const cas = new Map<number, bigint>()
  let replies
  try {
    replies = readReplies(bytes)
  } catch (error) {
    return { text: `${(error as Error).message}: ${bytes.toString('hex')}`, cas }
  }
  const lines = replies
    .filter(reply => reply.opcode !== Opcode.Stat || reply.key.length === 0)
    .map(reply => {
      if (reply.cas !== 0n) cas.set(reply.opaque, reply.cas)
      const isVersion = reply.opcode === Opcode.Version && reply.status === 0
      return describeReply(isVersion ? { ...reply, value: Buffer.from('{version}') } : reply)
    })
  return { text: lines.join('\n'), cas }
}
